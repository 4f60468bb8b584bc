/** One connection that is watched: its charts as it moves, and its steps, through which one can go back and forth. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { LiveChart } from "../parts/live-chart.ts";
import { octetsText } from "../parts/octets.ts";
import { VirtualList } from "../parts/virtual-list.ts";
import { get } from "../wire/jmap.ts";
import type { ConnectionLog, Step } from "./connection-log.ts";
import type { Traced, TraceFeed } from "./trace-feed.ts";

/** Pixels; the style sheet has the same. */
const rowHeight = 30;

export interface TracePaneOptions {
  readonly number: number;
  readonly feed: TraceFeed;
  /** Of a sample; null for the only one of the feed. */
  readonly log: ConnectionLog | null;
  changed(): void;
  close(): void;
}

export class TracePane {
  readonly #options: TracePaneOptions;
  readonly #list: VirtualList;
  readonly #drawings = new Map<string, LiveChart | null>();
  /** The states that were scrolled to. */
  readonly #shown = new Map<string, string | null>();
  /** The step that is looked at; null for the latest. */
  #cursor: number | null = null;

  constructor(options: TracePaneOptions) {
    this.#options = options;
    this.#list = new VirtualList({ rowHeight, changed: options.changed });
  }

  get feed(): TraceFeed {
    return this.#options.feed;
  }

  get #log(): ConnectionLog | undefined {
    return this.#options.log ?? this.feed.logs[0];
  }

  view(): TemplateResult {
    const log = this.#log;
    const { number, close } = this.#options;
    const title = log ? `${log.id} on ${log.listener}` : waitingText(this.feed.traced);
    return html`<section class="card trace" aria-labelledby="trace-${number}">
      <div class="who-head">
        <h2 id="trace-${number}">${number}. ${title}</h2>
        <div class="buttons">
          <button ?disabled=${!log} @click=${() => log && save(log)}>Save recording</button>
          <button class="quiet" aria-label="Stop watching ${title}" @click=${close}>Stop</button>
        </div>
      </div>
      <p role="status" class="trace-state ${log?.hasFailed ? "failed" : ""}">${this.#status(log)}</p>
      ${log && log.steps.length > 0 ? this.#steps(log, log.steps) : nothing}
    </section>`;
  }

  #status(log: ConnectionLog | undefined): string {
    const { feed } = this;
    if (feed.isGone) return "It had ended before it could be watched.";
    if (log?.isOver) return `Ended: ${log.cause ?? "closed"}.`;
    if (feed.isLost) return "The connection to the server is lost: steps are missing.";
    if (log) return "Connected.";
    return feed.isFollowed ? "Waiting." : "Asking the server.";
  }

  #steps(log: ConnectionLog, steps: readonly Step[]): TemplateResult {
    const last = steps.length - 1;
    const at = Math.min(this.#cursor ?? last, last);
    const go = (index: number): void => {
      this.#cursor = index >= last ? null : Math.max(0, index);
      this.#options.changed();
    };
    const step = steps[at];
    this.#light(log, at);
    const list = this.#list.view({
      role: "listbox",
      label: "Steps",
      count: steps.length,
      picked: at,
      row: (index, id) => stepRow(steps, { index, id, isPicked: index === at, pick: go }),
      pick: go,
    });
    queueMicrotask(() => this.#list.followEnd(this.#cursor === null));
    return html`<div class="trace-charts">
        ${log.charts.map(
          (chart) =>
            html`<figure>
              <figcaption>${chart}: <strong>${log.stateAt(chart, at) ?? "not there yet"}</strong></figcaption>
              <div class="chart fitted" tabindex="0" role="group" aria-label="The ${chart} chart of this connection">
                ${this.#drawing(chart)?.element ?? nothing}
              </div>
            </figure>`,
        )}
      </div>
      <div class="scrub">
        <button aria-label="One step back" ?disabled=${at === 0} @click=${() => go(at - 1)}>‹</button>
        <input
          type="range"
          min="0"
          max=${last}
          .value=${live(String(at))}
          aria-label="Step"
          aria-valuetext="Step ${at + 1} of ${steps.length}: ${step?.event ?? ""} to ${step?.state ?? ""}"
          @input=${(event: Event) => go(Number((event.target as HTMLInputElement).value))}
        />
        <button aria-label="One step on" ?disabled=${at === last} @click=${() => go(at + 1)}>›</button>
        <span class="digits">${at + 1} of ${steps.length}</span>
      </div>
      ${list}`;
  }

  #light(log: ConnectionLog, at: number): void {
    const { steps } = log;
    for (const chart of log.charts) {
      const own = steps.slice(0, at + 1).filter((step) => step.chart === chart);
      const state = own.at(-1)?.state ?? null;
      const before = own.findLast((step) => step.state !== state)?.state;
      const passed = new Set(own.map((step) => step.state));
      const drawing = this.#drawing(chart);
      drawing?.light(state, { passed, edge: before === undefined ? "" : `${before}>${state}` });
      if (this.#shown.get(chart) === state) continue;
      this.#shown.set(chart, drawing ? state : null);
      // Once it is in the page.
      requestAnimationFrame(() => drawing?.reveal(state));
    }
  }

  #drawing(chart: string): LiveChart | null {
    const known = this.#drawings.get(chart);
    if (known !== undefined) return known;
    this.#drawings.set(chart, null);
    void get(`charts/${chart}.svg`)
      .then((answer) => answer.text())
      .then((text) => {
        this.#drawings.set(chart, new LiveChart(text, () => {}));
        this.#options.changed();
      })
      // A chart of an embedder's own has no drawing: its steps are there all the same.
      .catch(() => {});
    return null;
  }
}

interface RowOptions {
  readonly index: number;
  readonly id: string;
  readonly isPicked: boolean;
  pick(index: number): void;
}

function stepRow(steps: readonly Step[], { index, id, isPicked, pick }: RowOptions): TemplateResult {
  const [first, step] = [steps[0], steps[index]];
  if (!first || !step) return html``;
  const { at, chart, event, state, bytesRead, bytesWritten, afterGap } = step;
  return html`<div
    id=${id}
    class=${isPicked ? "step picked" : "step"}
    role="option"
    aria-selected=${isPicked ? "true" : "false"}
    aria-setsize=${steps.length}
    aria-posinset=${index + 1}
    @click=${() => pick(index)}
  >
    <span class="digits">+${at - first.at} ms</span>
    <span class="step-chart">${chart}</span>
    <span title="${chart}: ${event} → ${state}">${afterGap ? html`<em>steps are missing</em> ` : nothing}${event} → <strong>${state}</strong></span>
    <span class="digits">${octetsText(bytesRead)} in</span>
    <span class="digits">${octetsText(bytesWritten)} out</span>
  </div>`;
}

function waitingText(traced: Traced): string {
  if (traced.trace === "connection") return traced.id;
  const where = traced.listener === undefined ? "" : ` on ${traced.listener}`;
  return traced.trace === "failing" ? `The next that fails${where}` : `The next connection${where}`;
}

function save(log: ConnectionLog): void {
  const url = URL.createObjectURL(new Blob([log.recording()], { type: "application/jsonl" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${log.id}.jsonl`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
