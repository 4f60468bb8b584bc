/** The inspector's page as a whole: what comes in, what is looked at, and when it is drawn. */
import { html, nothing, render, type TemplateResult } from "lit-html";
import { type Listener, RelayFeed } from "./feeds/relay-feed.ts";
import { listenToWindow } from "./feeds/window-feed.ts";
import { Collection } from "./model/collection.ts";
import { Focus } from "./model/focus.ts";
import { readMessage } from "./model/message.ts";
import { ActorsPane } from "./views/actors-pane.ts";
import { ChartPane } from "./views/chart-pane.ts";
import { connectHelp, receivesOthers } from "./views/connect-help.ts";
import { DetailsPane } from "./views/details-pane.ts";
import { EventsPane } from "./views/events-pane.ts";

/** Milliseconds between two drawings, however much comes. */
const drawingInterval = 100;

const panes = ["actors", "chart", "events", "details"] as const;
type PaneName = (typeof panes)[number];

export class Inspector implements Listener {
  readonly #root: HTMLElement;
  readonly #collection = new Collection();
  readonly #focus = new Focus(this.#collection);
  readonly #actors: ActorsPane;
  readonly #chart: ChartPane;
  readonly #events: EventsPane;
  readonly #details: DetailsPane;
  /** In sight where there is room for one. */
  #pane: PaneName = "actors";
  #programs = 0;
  #windows = 0;
  #dropped = 0;
  #isConnected = true;
  #showsHelp = false;
  #drawnAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(root: HTMLElement) {
    this.#root = root;
    const context = { collection: this.#collection, focus: this.#focus, changed: () => this.#drawSoon() };
    this.#actors = new ActorsPane(context);
    this.#chart = new ChartPane(context);
    this.#events = new EventsPane(context);
    this.#details = new DetailsPane(context);
  }

  start(): void {
    new RelayFeed(this).start();
    if (receivesOthers() && listenToWindow("window", this)) this.#windows = 1;
    this.#draw();
  }

  message(source: string, data: unknown): void {
    const message = readMessage(data);
    if (!message) return;
    this.#collection.add(source, message);
    this.#drawLater();
  }

  lost(source: string): void {
    this.#collection.lose(source);
    this.#drawLater();
  }

  programs(count: number): void {
    this.#programs = count;
    this.#drawLater();
  }

  dropped(count: number): void {
    this.#dropped += count;
    this.#drawLater();
  }

  connected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    this.#drawSoon();
  }

  /** Somebody has done something. */
  #drawSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#draw(), 0);
  }

  /** Something has come. */
  #drawLater(): void {
    this.#timer ??= setTimeout(() => this.#draw(), Math.max(0, this.#drawnAt + drawingInterval - performance.now()));
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#focus.settle();
    render(this.#view(), this.#root);
    this.#events.drawn();
    this.#drawnAt = performance.now();
  }

  #view(): TemplateResult {
    const isEmpty = this.#collection.actors.size === 0;
    return html`<a class="skip" href="#content">Skip to the actors</a>
      <div class="bar" role="banner">
        <span class="brand"><span class="mark" aria-hidden="true"></span><span class="brand-name">Inspector</span></span>
        <span class="connection" role="status">${this.#connection()}</span>
        ${
          receivesOthers() && !isEmpty
            ? html`<button
              aria-expanded=${this.#showsHelp ? "true" : "false"}
              @click=${() => {
                this.#showsHelp = !this.#showsHelp;
                this.#drawSoon();
              }}
            >
              Connect
            </button>`
            : nothing
        }
        <button
          ?disabled=${isEmpty}
          @click=${() => {
            this.#collection.clear();
            this.#focus.goLive();
            this.#drawSoon();
          }}
        >
          Clear
        </button>
      </div>
      <main id="content" class="inspector" tabindex="-1">
        <h1 class="unseen">Inspector</h1>
        ${this.#notices()} ${isEmpty ? this.#empty() : this.#panes()}
      </main>`;
  }

  #connection(): string {
    if (!this.#isConnected) return "Not connected";
    const count = this.#programs + this.#windows;
    if (!receivesOthers()) return "Connected to Gatehouse";
    return count === 0 ? "No program is connected" : count === 1 ? "1 program" : `${count} programs`;
  }

  #notices(): TemplateResult | typeof nothing {
    const lost = this.#isConnected
      ? nothing
      : html`<p class="lost" role="alert">
          <strong>The inspector's server does not answer.</strong> It is asked again every 2 seconds. After a restart it
          has another URL, which it prints.
        </p>`;
    const dropped =
      this.#dropped === 0
        ? nothing
        : html`<p class="lost" role="status">
            ${this.#dropped} events were dropped, because this page was too slow. The living actors were sent again.
            <button
              class="link"
              @click=${() => {
                this.#dropped = 0;
                this.#drawSoon();
              }}
            >
              Good to know
            </button>
          </p>`;
    const help = this.#showsHelp ? html`<section class="card">${connectHelp()}</section>` : nothing;
    return html`${lost} ${dropped} ${help}`;
  }

  #empty(): TemplateResult {
    return html`<section class="card">
      ${receivesOthers() ? connectHelp() : html`<p class="empty">Nothing has come yet.</p>`}
    </section>`;
  }

  #panes(): TemplateResult {
    const part = (name: PaneName, view: TemplateResult): TemplateResult =>
      html`<section class=${`card pane pane-${name}${this.#pane === name ? " in-sight" : ""}`} aria-label=${titleOf(name)}>
        ${view}
      </section>`;
    return html`<nav class="tabs narrow" aria-label="Panes">
        ${panes.map(
          (name) =>
            html`<button
              class="tab"
              aria-pressed=${this.#pane === name ? "true" : "false"}
              @click=${() => {
                this.#pane = name;
                this.#drawSoon();
              }}
            >
              ${titleOf(name)}
            </button>`,
        )}
      </nav>
      <div class="panes">
        ${part("actors", this.#actors.view())} ${part("chart", this.#chart.view())}
        ${part("events", this.#events.view())} ${part("details", this.#details.view())}
      </div>`;
  }
}

function titleOf(name: PaneName): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
