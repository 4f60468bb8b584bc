/** The console as a whole: who is logged in, where one is, and what stands around the page. */
import { html, nothing, render, type TemplateResult } from "lit-html";
import type { Page, Surroundings } from "./page.ts";
import { LoginPage } from "./pages/login.ts";
import { pageFor } from "./pages/pages.ts";
import { navigation } from "./parts/navigation.ts";
import { type Route, readRoute } from "./routes.ts";
import type { Liveness } from "./wire/event-feed.ts";
import { messageOf, WireError } from "./wire/jmap.ts";
import { emptySchema, loadSchema, type Schema } from "./wire/schema.ts";
import { currentSession, logOut, type Session } from "./wire/session.ts";

/** Milliseconds that an announcement stays in sight. */
const announced = 6_000;

export class App {
  readonly #root: HTMLElement;
  #session: Session | null = null;
  #schema: Schema | null = null;
  #route: Route = readRoute(location.hash);
  #hash = location.hash;
  #page: Page | null = null;
  #problem: string | null = null;
  #loading = true;
  #drawing = false;
  #announcement = "";
  #announcementTimer: ReturnType<typeof setTimeout> | undefined;
  #liveness: Liveness = { kind: "live" };
  readonly #login = new LoginPage(
    () => this.#changed(),
    () => void this.enter(),
  );

  constructor(root: HTMLElement) {
    this.#root = root;
    addEventListener("hashchange", () => this.#moved());
    addEventListener("beforeunload", (event) => {
      if (this.#page?.hasUnsaved) event.preventDefault();
    });
  }

  /** Finds out who is logged in, and shows what that account may see. */
  async enter(): Promise<void> {
    this.#loading = true;
    this.#problem = null;
    this.#changed();
    try {
      this.#session = await currentSession();
      if (this.#session) {
        this.#schema ??= await loadSchema().catch((error: unknown) => this.#withoutSettings(error));
        this.#open(readRoute(location.hash));
      }
    } catch (error) {
      this.#problem = messageOf(error);
    } finally {
      this.#loading = false;
      this.#changed();
    }
  }

  /** What runs can be seen without a schema. */
  #withoutSettings(error: unknown): Schema {
    if (!(error instanceof WireError && error.problem === "refused")) throw error;
    this.#announce(`The settings cannot be shown: ${error.message}`);
    return emptySchema;
  }

  #surroundings(schema: Schema): Surroundings {
    return {
      schema,
      isReadOnly: this.#session?.isReadOnly ?? true,
      changed: () => this.#changed(),
      loggedOut: () => this.#leave(),
      announce: (text) => this.#announce(text),
      liveness: (now) => {
        this.#liveness = now;
        this.#changed();
      },
      go: (hash) => {
        location.hash = hash;
      },
    };
  }

  #open(route: Route): void {
    if (!this.#schema) return;
    this.#page?.stop();
    this.#liveness = { kind: "live" };
    this.#route = route;
    this.#hash = location.hash;
    this.#page = pageFor(route, this.#surroundings(this.#schema));
    this.#page.start();
    this.#changed();
  }

  #moved(): void {
    if (!this.#session || location.hash === this.#hash) return;
    if (this.#page?.hasUnsaved && !confirm("Leave this page? What you have changed is not saved.")) {
      history.replaceState(null, "", this.#hash);
      return;
    }
    const route = readRoute(location.hash);
    if (this.#page?.moved?.(route)) {
      this.#route = route;
      this.#hash = location.hash;
      this.#changed();
      return;
    }
    this.#open(route);
    scrollTo(0, 0);
    // So that a screen reader, and the tab key, go on where the page begins.
    requestAnimationFrame(() => document.querySelector<HTMLElement>("main h1")?.focus());
  }

  #leave(): void {
    this.#page?.stop();
    this.#page = null;
    this.#session = null;
    this.#changed();
  }

  #announce(text: string): void {
    clearTimeout(this.#announcementTimer);
    this.#announcement = text;
    this.#announcementTimer = setTimeout(() => this.#announce(""), text === "" ? undefined : announced);
    if (text === "") clearTimeout(this.#announcementTimer);
    this.#changed();
  }

  #changed(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      render(this.#view(), this.#root);
      const title = this.#session ? this.#page?.title : this.#login.title;
      document.title = title ? `${title} – Gatehouse` : "Gatehouse";
    });
  }

  #view(): TemplateResult {
    if (this.#problem !== null) return this.#broken(this.#problem);
    if (this.#session && this.#schema && this.#page) return this.#house(this.#session, this.#schema, this.#page);
    return this.#loading ? html`<main class="login"><p role="status">Loading…</p></main>` : this.#login.view();
  }

  #broken(problem: string): TemplateResult {
    return html`<main class="login">
      <div class="card" role="alert">
        <h1>Gatehouse</h1>
        <p>${problem}</p>
        <button class="primary" @click=${() => void this.enter()}>Try again</button>
      </div>
    </main>`;
  }

  #house({ username }: Session, schema: Schema, page: Page): TemplateResult {
    return html`<a class="skip" href="#content" @click=${skip}>Skip to the page</a>
      <header>
        <a class="brand" href="#/now"><span class="mark" aria-hidden="true"></span>Gatehouse</a>
        ${navigation(schema, this.#route)}
        <div class="who">
          <span class="username" title=${username}>${username}</span>
          <button class="quiet" @click=${() => void this.#logOut()}>Log out</button>
        </div>
      </header>
      <main id="content">${this.#lost()} ${page.view()}</main>
      <div class="toast" role="status">${this.#announcement === "" ? nothing : html`<p>${this.#announcement}</p>`}</div>`;
  }

  #lost(): TemplateResult | typeof nothing {
    const { kind } = this.#liveness;
    if (kind === "live") return nothing;
    return html`<p class="lost" role="alert">
      <strong>The connection to the server is lost.</strong> What you see is old. It is tried again by itself.
    </p>`;
  }

  async #logOut(): Promise<void> {
    try {
      await logOut();
      this.#leave();
    } catch (error) {
      this.#announce(messageOf(error));
    }
  }
}

/** The hash is the route: it stays. */
function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("main h1")?.focus();
}
