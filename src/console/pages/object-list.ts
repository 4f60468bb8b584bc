/** All objects of a kind, as the schema lists them: a page of them, filtered, and more where there are more. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { Page, Surroundings } from "../page.ts";
import { momentText } from "../parts/moments.ts";
import { placeOf } from "../parts/navigation.ts";
import { pageHead } from "../parts/page-head.ts";
import { valueCell } from "../parts/value-text.ts";
import { hashOf } from "../routes.ts";
import { messageOf, WireError } from "../wire/jmap.ts";
import { labelOf, queryObjects, type Sort, type Value } from "../wire/objects.ts";
import { type Field, fieldsNameOf, isEditable, type List, type ListFilter, objectOf } from "../wire/schema.ts";

const pageSize = 50;

/** Types of fields that the server sorts by. */
const sortable: ReadonlySet<string> = new Set(["string", "number", "boolean", "enum", "objectId", "utcDateTime"]);

type Column = List["columns"][number];

export class ObjectListPage implements Page {
  readonly #around: Surroundings;
  readonly #view: string;
  readonly #objectName: string;
  readonly #list: List;
  readonly #fields: Readonly<Record<string, Field>>;
  #values: readonly Value[] | null = null;
  #total = 0;
  #filter: Readonly<Record<string, string>> = {};
  #sort: Sort | null = null;
  #problem: string | null = null;
  /** Of the latest question; answers to earlier ones come too late. */
  #asked = 0;
  #filterTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(around: Surroundings, view: string) {
    const { schema } = around;
    this.#around = around;
    this.#view = view;
    this.#objectName = objectOf(schema, view);
    this.#list = schema.lists[view] ?? schema.lists[this.#objectName] ?? nameless(view);
    this.#fields = schema.fields[fieldsNameOf(schema, this.#objectName, null) ?? ""]?.properties ?? {};
  }

  get title(): string {
    return this.#list.title;
  }

  start(): void {
    void this.#load(null);
  }

  stop(): void {
    this.#asked += 1;
    clearTimeout(this.#filterTimer);
  }

  async #load(after: string | null): Promise<void> {
    this.#asked += 1;
    const mine = this.#asked;
    const { columns, labelProperty } = this.#list;
    const properties = [...new Set([...columns.map(({ name }) => name), ...(labelProperty ? [labelProperty] : [])])];
    try {
      const request = { filter: this.#filterValue, sort: this.#sort, limit: pageSize, after, properties };
      const page = await queryObjects(this.#objectName, request);
      if (mine !== this.#asked) return;
      this.#values = after === null ? page.values : [...(this.#values ?? []), ...page.values];
      this.#total = page.total;
      this.#problem = null;
    } catch (error) {
      if (mine !== this.#asked) return;
      if (error instanceof WireError && error.problem === "unauthorized") this.#around.loggedOut();
      this.#problem = messageOf(error);
    }
    this.#around.changed();
  }

  get #filterValue(): Value {
    const given = Object.entries(this.#filter).filter(([, text]) => text !== "");
    return Object.fromEntries(
      given.map(([field, text]) => [field, this.#fields[field]?.type.type === "number" ? Number(text) : text]),
    );
  }

  view(): TemplateResult {
    const { title, subtitle, singularName, filters = [] } = this.#list;
    const { schema } = this.#around;
    const place = placeOf(schema, this.#view).slice(0, -1);
    const actions =
      this.#around.isReadOnly || !isEditable(schema, this.#objectName)
        ? nothing
        : html`<a class="button primary" href=${hashOf({ page: "object", view: this.#view, id: null })}
      >Add ${singularName.toLowerCase()}</a
    >`;
    return html`${pageHead({ place, title, subtitle, actions })}
      ${filters.length > 0 ? html`<search class="filters">${filters.map((filter) => this.#filterControl(filter))}${this.#sortChoice()}</search>` : nothing}
      ${this.#problem ? html`<p class="error" role="alert">${this.#problem}</p>` : nothing} ${this.#table()}`;
  }

  #table(): TemplateResult {
    const values = this.#values;
    const { columns, pluralName } = this.#list;
    if (!values) return html`<p role="status" class="none">Loading…</p>`;
    if (values.length === 0)
      return html`<p role="status" class="empty card">
        ${Object.keys(this.#filterValue).length > 0 ? "Nothing fits the filter." : `There are no ${pluralName.toLowerCase()} yet.`}
      </p>`;
    return html`<table role="table" class="cards">
        <thead role="rowgroup">
          <tr role="row">
            ${columns.map((column) => this.#columnHead(column))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${repeat(
            values,
            (value) => value["id"],
            (value) => this.#row(value),
          )}
        </tbody>
      </table>
      <p class="more" role="status">
        ${values.length} of ${this.#total}
        ${
          values.length < this.#total
            ? html`<button class="quiet" @click=${() => void this.#load(String(values.at(-1)?.["id"]))}>Show more</button>`
            : nothing
        }
        ${
          isEditable(this.#around.schema, this.#objectName)
            ? nothing
            : html`<button class="quiet" @click=${() => void this.#load(null)}>Refresh</button>`
        }
      </p>`;
  }

  #columnHead({ name, label }: Column): TemplateResult {
    const isNumber = this.#fields[name]?.type.type === "number";
    const sort = this.#sort?.property === name ? this.#sort : null;
    const head = this.#canSort(name)
      ? html`<button class="sort" @click=${() => this.#sortBy({ property: name, isAscending: sort ? !sort.isAscending : !isNumber })}>
          ${label}<span aria-hidden="true">${sort === null ? "" : sort.isAscending ? " ↑" : " ↓"}</span>
        </button><span class="plain">${label}</span>`
      : label;
    const order = sort === null ? nothing : sort.isAscending ? "ascending" : "descending";
    return html`<th role="columnheader" scope="col" class=${isNumber ? "number" : nothing} aria-sort=${order}>${head}</th>`;
  }

  /** Where there is no room for heads of columns. */
  #sortChoice(): TemplateResult | typeof nothing {
    const choices = this.#list.columns
      .filter(({ name }) => this.#canSort(name))
      .flatMap(({ name, label }) => [
        { label: `${label} ↑`, sort: { property: name, isAscending: true } },
        { label: `${label} ↓`, sort: { property: name, isAscending: false } },
      ]);
    const changed = (event: Event) =>
      this.#sortBy(choices[Number((event.target as HTMLSelectElement).value)]?.sort ?? null);
    return html`<label class="sort-choice"
      >Sort by
      <select @change=${changed}>
        <option value="-1">–</option>
        ${choices.map(({ label, sort }, index) => {
          const isChosen = this.#sort?.property === sort.property && this.#sort.isAscending === sort.isAscending;
          return html`<option value=${index} ?selected=${isChosen}>${label}</option>`;
        })}
      </select></label
    >`;
  }

  #canSort(name: string): boolean {
    return sortable.has(this.#fields[name]?.type.type ?? "");
  }

  #sortBy(sort: Sort | null): void {
    this.#sort = sort;
    void this.#load(null);
  }

  #row(value: Value): TemplateResult {
    const { columns, labelProperty } = this.#list;
    const { schema } = this.#around;
    const href = hashOf({ page: "object", view: this.#view, id: String(value["id"]) });
    const named = columns.some(({ name }) => name === labelProperty) ? labelProperty : columns[0]?.name;
    return html`<tr role="row">
      ${columns.map(({ name, label }) => {
        const cell =
          name === named
            ? html`<a href=${href}>${this.#nameOf(value, name)}</a>`
            : valueCell(schema, this.#fields[name]?.type, value[name]);
        const isNumber = this.#fields[name]?.type.type === "number";
        return html`<td role="cell" data-label=${label} class=${isNumber ? "number" : nothing}><div>${cell}</div></td>`;
      })}
    </tr>`;
  }

  #nameOf(value: Value, property: string): string {
    const at = this.#fields[property]?.type.type === "utcDateTime" ? value[property] : null;
    return typeof at === "string" ? momentText(new Date(at)) : labelOf(value, property);
  }

  #filterControl({ type, field, label }: ListFilter): TemplateResult {
    const changed = (event: Event) => {
      this.#filter = { ...this.#filter, [field]: (event.target as HTMLInputElement).value.trim() };
      clearTimeout(this.#filterTimer);
      this.#filterTimer = setTimeout(() => void this.#load(null), 250);
    };
    const entries = this.#around.schema.enums[this.#fields[field]?.type.enumName ?? ""];
    if (type === "enum" && entries)
      return html`<label
        >${label}
        <select @change=${changed}>
          <option value="">Any</option>
          ${entries.map((entry) => html`<option value=${entry.name}>${entry.label}</option>`)}
        </select></label
      >`;
    return html`<label
      >${label} <input type=${type === "date" ? "date" : "search"} autocomplete="off" spellcheck="false" @input=${changed}
    /></label>`;
  }
}

function nameless(view: string): List {
  const name = view.replace(/^x:/, "");
  return { title: name, singularName: name, pluralName: name, columns: [{ name: "id", label: "Id" }] };
}
