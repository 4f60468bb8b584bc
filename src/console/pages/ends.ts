/** Why connections have ended and clients were refused in the last hour, and who they were. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { ref } from "lit-html/directives/ref.js";
import { repeat } from "lit-html/directives/repeat.js";
import type { Page, Surroundings } from "../page.ts";
import { endsTable } from "../parts/ends-table.ts";
import { pageHead } from "../parts/page-head.ts";
import { type ReasonStack, type StackedReason, stackOf } from "../parts/reason-stack.ts";
import { ruleMeaning } from "../parts/reasons.ts";
import { StackedPlot } from "../parts/stacked-plot.ts";
import { hashOf } from "../routes.ts";
import type { EndKind, EndSeries } from "../wire/end-series.ts";
import { type EndsFound, type EndsWanted, endCounts, endsBehind } from "../wire/ends.ts";
import { messageOf } from "../wire/jmap.ts";
import { LiveServer } from "../wire/live.ts";
import { Occasional } from "../wire/occasional.ts";

interface Half {
  readonly kind: EndKind;
  readonly title: string;
  readonly none: string;
  readonly plot: StackedPlot;
  readonly palette: Map<string, number>;
  readonly mount: (element: Element | undefined) => void;
  stack: ReasonStack;
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short", hourCycle: "h23" });

export class EndsPage implements Page {
  readonly title = "Ends and refusals";
  readonly #around: Surroundings;
  readonly #listener: string | null;
  readonly #live: LiveServer;
  readonly #counts: Occasional<readonly EndSeries[]>;
  readonly #halves: readonly Half[];
  #series: readonly EndSeries[] | null = null;
  #wanted: EndsWanted | null = null;
  #found: EndsFound | null = null;
  #problem: string | null = null;

  constructor(around: Surroundings, listener: string | null) {
    this.#around = around;
    this.#listener = listener;
    this.#halves = [
      this.#half("refused", "Refusals by rule", "Nobody was refused in the last hour."),
      this.#half("ended", "Ends by cause", "No connection has ended in the last hour."),
    ];
    this.#counts = new Occasional({
      ask: endCounts,
      got: (series) => this.#got(series),
      loggedOut: () => around.loggedOut(),
    });
    this.#live = new LiveServer({
      got: () => this.#counts.due(),
      liveness: (now) => around.liveness(now),
      loggedOut: () => around.loggedOut(),
    });
  }

  #half(kind: EndKind, title: string, none: string): Half {
    const plot = new StackedPlot(({ reason, minute }) => void this.#pick({ kind, reason, minute }));
    const half: Half = {
      ...{ kind, title, none, plot, palette: new Map<string, number>(), stack: { minutes: [], reasons: [] } },
      mount: (element) => plot.mount(element),
    };
    return half;
  }

  start(): void {
    this.#live.start();
    this.#counts.due();
  }

  stop(): void {
    this.#live.stop();
    this.#counts.stop();
    for (const { plot } of this.#halves) plot.destroy();
  }

  #got(series: readonly EndSeries[]): void {
    this.#series = series;
    const own = series.filter(({ listener }) => this.#listener === null || listener === this.#listener);
    for (const half of this.#halves) {
      const ofKind = own.filter(({ kind }) => kind === half.kind);
      half.stack = stackOf(ofKind, Date.now(), half.palette);
      half.plot.show(half.stack);
    }
    this.#around.changed();
  }

  async #pick(picked: Omit<EndsWanted, "listener">): Promise<void> {
    const wanted = { ...picked, listener: this.#listener };
    this.#wanted = wanted;
    this.#problem = null;
    this.#around.changed();
    try {
      const found = await endsBehind(wanted);
      if (this.#wanted === wanted) this.#found = found;
    } catch (error) {
      this.#problem = messageOf(error);
    }
    this.#around.changed();
  }

  view(): TemplateResult {
    const subtitle = "The last hour by the minute. Pick a bar, or a reason, to see the connections behind it.";
    if (!this.#series) return html`${pageHead({ title: this.title })}<p role="status" class="none">Loading…</p>`;
    return html`${pageHead({ title: this.title, subtitle })} ${this.#filter(this.#series)}
      <div class="halves">${this.#halves.map((half) => this.#card(half))}</div>
      ${this.#problem ? html`<p class="error" role="alert">${this.#problem}</p>` : nothing} ${this.#behind()}`;
  }

  #filter(series: readonly EndSeries[]): TemplateResult {
    const here = this.#listener === null ? [] : [this.#listener];
    const names = [...new Set([...series.map(({ listener }) => listener), ...here])].sort();
    const changed = (event: Event) =>
      this.#around.go(hashOf({ page: "ends", listener: (event.target as HTMLSelectElement).value || null }));
    return html`<search class="filters">
      <label
        >Listener
        <select @change=${changed} .value=${live(this.#listener ?? "")}>
          <option value="">All</option>
          ${names.map((name) => html`<option value=${name} ?selected=${name === this.#listener}>${name}</option>`)}
        </select></label
      >
    </search>`;
  }

  #card(half: Half): TemplateResult {
    const { kind, title, none, stack } = half;
    const total = stack.reasons.reduce((sum, reason) => sum + reason.total, 0);
    const id = `half-${kind}`;
    return html`<section class="card half" aria-labelledby=${id}>
      <h2 id=${id}>${title} <span class="none digits">${total}</span></h2>
      ${
        total === 0
          ? html`<p class="none nobody">${none}</p>`
          : html`<div class="plot-area bars" aria-hidden="true" ${ref(half.mount)}></div>
              <ul class="reasons">
                ${repeat(
                  stack.reasons,
                  ({ reason }) => reason,
                  (reason) => this.#reason(kind, reason),
                )}
              </ul>`
      }
    </section>`;
  }

  #reason(kind: EndKind, { reason, meaning, total, colour }: StackedReason): TemplateResult {
    const wanted = this.#wanted;
    const isPicked = wanted?.kind === kind && wanted.reason === reason;
    return html`<li>
      <button
        class="reason"
        aria-pressed=${isPicked}
        @click=${() => void this.#pick({ kind, reason, minute: null })}
      >
        <span class="swatch series-${colour}" aria-hidden="true"></span>
        <span class="reason-name">${reason}</span>
        <span class="digits">${total}</span>
        <span class="meaning">${meaning ?? ruleMeaning(reason)}</span>
      </button>
    </li>`;
  }

  #behind(): TemplateResult | typeof nothing {
    const wanted = this.#wanted;
    if (!wanted) return nothing;
    const found = this.#found?.wanted === wanted ? this.#found : null;
    const { kind, reason, listener } = wanted;
    const where = listener === null ? "" : ` on ${listener}`;
    return html`<section class="who-is-there" aria-labelledby="who">
      <div class="behind-head">
        <h2 id="who">${kind === "ended" ? "Ended" : "Refused"}: ${reason}${where}</h2>
        ${this.#minutes(wanted)}
      </div>
      ${found ? endsTable(found) : html`<p role="status" class="none">Loading…</p>`}
    </section>`;
  }

  /** The bars, for whoever cannot click them. */
  #minutes(wanted: EndsWanted): TemplateResult {
    const half = this.#halves.find(({ kind }) => kind === wanted.kind);
    const counts = half?.stack.reasons.find(({ reason }) => reason === wanted.reason)?.counts ?? [];
    const options = (half?.stack.minutes ?? []).flatMap((begin, index) => {
      const count = counts[index] ?? 0;
      return count > 0 || begin === wanted.minute ? [{ begin, count }] : [];
    });
    const changed = (event: Event) => {
      const { value } = event.target as HTMLSelectElement;
      void this.#pick({ ...wanted, minute: value === "" ? null : Number(value) });
    };
    return html`<label class="minute"
      >Minute
      <select @change=${changed} .value=${live(String(wanted.minute ?? ""))}>
        <option value="">The whole hour</option>
        ${options
          .toReversed()
          .map(
            ({ begin, count }) =>
              html`<option value=${begin} ?selected=${begin === wanted.minute}>${clock.format(begin)} (${count})</option>`,
          )}
      </select></label
    >`;
  }
}
