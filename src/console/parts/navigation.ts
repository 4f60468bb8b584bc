/** Where one can go: the console's own pages, and what the schema lays out. */
import { html, nothing, type TemplateResult } from "lit-html";
import { hashOf, type Route } from "../routes.ts";
import type { Layout, LayoutItem, LayoutLink, Schema } from "../wire/schema.ts";

interface Entry {
  readonly name: string;
  readonly href: string;
  readonly isHere: boolean;
  readonly entries: readonly Entry[];
}

export function navigation(schema: Schema, route: Route): TemplateResult {
  const entries: Entry[] = [
    nowEntry(schema, route),
    {
      name: "Lifecycles",
      href: hashOf({ page: "lifecycles", chart: null, state: null }),
      isHere: route.page === "lifecycles",
      entries: [],
    },
    {
      name: "Ends and refusals",
      href: hashOf({ page: "ends", listener: null }),
      isHere: route.page === "ends",
      entries: [],
    },
    { name: "Explain", href: hashOf(nobodyExplained), isHere: route.page === "explain", entries: [] },
    ...schema.layouts.filter(({ name }) => name !== now).flatMap((layout) => layoutEntry(layout, route) ?? []),
  ];
  return html`<nav aria-label="Console">${list(entries)}</nav>`;
}

const nobodyExplained: Route = { page: "explain", listener: null, address: null, serverName: null, proxied: false };

const now = "Now";
/** What the page of that name shows itself. */
const shownThere: readonly string[] = ["x:ServerNode", "x:ListenerStatus"];

function nowEntry({ layouts }: Schema, route: Route): Entry {
  const items = layouts.find(({ name }) => name === now)?.items ?? [];
  const links = items.flatMap((item) => ("link" in item ? [item.link] : item.container.items));
  const others = links.filter(({ viewName }) => !shownThere.includes(viewName)).map((link) => linkEntry(link, route));
  const isHere = route.page === "now" || others.some((entry) => entry.isHere);
  return { name: now, href: hashOf({ page: "now" }), isHere, entries: others };
}

function list(entries: readonly Entry[]): TemplateResult {
  return html`<ul>
    ${entries.map(
      ({ name, href, isHere, entries: inner }) =>
        html`<li class=${inner.length > 0 ? (isHere ? "branch open" : "branch") : "leaf"}>
          <a href=${href} aria-current=${isHere ? (inner.some((entry) => entry.isHere) ? "true" : "page") : nothing}>${name}</a>
          ${inner.length > 0 ? list(inner) : nothing}
        </li>`,
    )}
  </ul>`;
}

/** A branch leads to its first leaf. */
function branch(name: string, entries: readonly Entry[]): Entry | null {
  const [first] = entries;
  return first ? { name, href: first.href, isHere: entries.some(({ isHere }) => isHere), entries } : null;
}

function layoutEntry({ name, items }: Layout, route: Route): Entry | null {
  return branch(
    name,
    items.flatMap((item) => itemEntry(item, route) ?? []),
  );
}

function itemEntry(item: LayoutItem, route: Route): Entry | null {
  if ("link" in item) return linkEntry(item.link, route);
  const { name, items } = item.container;
  return branch(
    name,
    items.map((link) => linkEntry(link, route)),
  );
}

function linkEntry({ name, viewName }: LayoutLink, route: Route): Entry {
  const isHere = "view" in route && route.view === viewName;
  return { name, href: hashOf({ page: "list", view: viewName }), isHere, entries: [] };
}

/** The names that lead to a view: Settings, Network, Listeners. */
export function placeOf({ layouts }: Schema, viewName: string): readonly string[] {
  for (const { name, items } of layouts) {
    for (const item of items) {
      if ("link" in item) {
        if (item.link.viewName === viewName) return [name, item.link.name];
      } else {
        const found = item.container.items.find((link) => link.viewName === viewName);
        if (found) return [name, item.container.name, found.name];
      }
    }
  }
  return [];
}
