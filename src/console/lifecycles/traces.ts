/** Connections that are watched, two of them side by side, and how they are chosen. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Surroundings } from "../page.ts";
import type { ConnectionLog } from "./connection-log.ts";
import { type Traced, TraceFeed } from "./trace-feed.ts";
import { TracePane } from "./trace-pane.ts";

const mostPanes = 2;
/** One connection in so many is in a sample. */
const sampled = "100";

export class Traces {
  readonly #around: Surroundings;
  #panes: readonly TracePane[] = [];
  #sample: TraceFeed | null = null;
  #listener = "";
  #lastNumber = 0;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  stop(): void {
    this.#sample?.stop();
    for (const { feed } of this.#panes) feed.stop();
  }

  watch(traced: Traced): void {
    const feed = this.#feed(traced);
    feed.start();
    this.#show(feed, null);
  }

  view(listeners: readonly string[]): TemplateResult {
    const one = this.#listener === "" ? {} : { listener: this.#listener };
    return html`<section class="card watch" aria-labelledby="watch-title">
        <h2 id="watch-title">Watch a connection</h2>
        <div class="watch-choices">
          <label
            >Listener
            <select
              @change=${(event: Event) => {
                this.#listener = (event.target as HTMLSelectElement).value;
              }}
            >
              <option value="">Any</option>
              ${listeners.map((name) => html`<option value=${name}>${name}</option>`)}
            </select></label
          >
          <button @click=${() => this.watch({ trace: "next", ...one })}>The next one</button>
          <button @click=${() => this.watch({ trace: "failing", ...one })}>The next that fails</button>
          <button aria-pressed=${this.#sample ? "true" : "false"} @click=${() => this.#toggleSample(one)}>
            One in ${sampled}
          </button>
        </div>
        ${this.#sample ? this.#sampleView(this.#sample) : nothing}
      </section>
      ${
        this.#panes.length > 0
          ? html`<div class=${this.#panes.length > 1 ? "traces two" : "traces"}>${this.#panes.map((pane) => pane.view())}</div>`
          : nothing
      }`;
  }

  #feed(traced: Traced): TraceFeed {
    const { changed, loggedOut } = this.#around;
    return new TraceFeed({ traced, changed, loggedOut });
  }

  #toggleSample(one: { readonly listener?: string }): void {
    this.#sample?.stop();
    this.#sample = this.#sample ? null : this.#feed({ trace: "sample", oneIn: sampled, ...one });
    this.#sample?.start();
    this.#around.changed();
  }

  #sampleView(feed: TraceFeed): TemplateResult {
    const logs = feed.logs.toReversed();
    if (logs.length === 0) return html`<p class="none" role="status">None has come yet.</p>`;
    return html`<ul class="sample" aria-label="Connections of the sample, the newest first">
      ${logs.map(
        (log) =>
          html`<li>
            <button class=${log.hasFailed ? "quiet failed" : "quiet"} @click=${() => this.#show(feed, log)}>
              ${log.listener}: ${log.isOver ? (log.cause ?? "closed") : (log.steps.at(-1)?.state ?? "")},
              ${log.steps.length} steps
            </button>
          </li>`,
      )}
    </ul>`;
  }

  /** A third one takes the place of the second. */
  #show(feed: TraceFeed, log: ConnectionLog | null): void {
    this.#lastNumber += 1;
    const pane: TracePane = new TracePane({
      number: this.#lastNumber,
      feed,
      log,
      changed: () => this.#around.changed(),
      close: () => this.#close(pane),
    });
    const [, second] = this.#panes;
    if (second) this.#close(second);
    this.#panes = [...this.#panes, pane].slice(-mostPanes);
    this.#around.changed();
  }

  #close(pane: TracePane): void {
    this.#panes = this.#panes.filter((one) => one !== pane);
    if (pane.feed !== this.#sample) pane.feed.stop();
    this.#around.changed();
  }
}
