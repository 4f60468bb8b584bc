/** The charts of what lives: how many are in each state, what flows between them, who is there, and what one does. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { InhabitantsView } from "../lifecycles/inhabitants.ts";
import { Traces } from "../lifecycles/traces.ts";
import type { Page, Surroundings } from "../page.ts";
import { FlowRates } from "../parts/flow-rates.ts";
import { LiveChart } from "../parts/live-chart.ts";
import { pageHead } from "../parts/page-head.ts";
import { rateText } from "../parts/rates.ts";
import { hashOf, type Route } from "../routes.ts";
import { get, messageOf } from "../wire/jmap.ts";
import { LiveServer, type LiveState } from "../wire/live.ts";
import { type Counts, countIn, countsIn } from "../wire/states.ts";

/** As the server names them. */
const charts = ["server", "listener", "connection", "reload", "smtp", "lmtp", "imap", "pop3", "manageSieve"] as const;
/** There is one of each. */
const single: readonly string[] = ["server", "reload"];
/** Milliseconds between two drawings of what flows: it falls to nothing while nothing comes. */
const interval = 1_000;

export class LifecyclesPage implements Page {
  readonly title = "Lifecycles";
  readonly #around: Surroundings;
  readonly #live: LiveServer;
  readonly #flows = new FlowRates();
  readonly #traces: Traces;
  #chart = "";
  #state: string | null = null;
  #drawing: LiveChart | null = null;
  #problem: string | null = null;
  #now: LiveState | null = null;
  #inhabitants: InhabitantsView | null = null;
  #isFullSize = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(around: Surroundings, chart: string | null, state: string | null) {
    this.#around = around;
    this.#traces = new Traces(around);
    this.#live = new LiveServer({
      got: (now) => {
        this.#now = now;
        this.#flows.add(this.#chart, now);
        this.#show();
      },
      liveness: (now) => around.liveness(now),
      loggedOut: () => around.loggedOut(),
    });
    this.#turnTo(chart, state);
  }

  start(): void {
    this.#live.start();
    this.#timer = setInterval(() => this.#show(), interval);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#live.stop();
    this.#traces.stop();
    this.#inhabitants?.stop();
  }

  moved(route: Route): boolean {
    if (route.page !== "lifecycles") return false;
    this.#turnTo(route.chart, route.state);
    return true;
  }

  #turnTo(chart: string | null, state: string | null): void {
    const name = charts.find((known) => known === chart) ?? "connection";
    if (name !== this.#chart) {
      this.#chart = name;
      this.#drawing = null;
      this.#flows.clear();
      void this.#draw(name);
    }
    this.#state = state;
    this.#inhabitants?.stop();
    this.#inhabitants =
      state === null || single.includes(name)
        ? null
        : new InhabitantsView({
            around: this.#around,
            chart: name,
            state,
            counts: () => this.#counts,
            watch: (id) => this.#traces.watch({ trace: "connection", id }),
          });
    this.#inhabitants?.start();
    this.#show();
  }

  get #counts(): Counts {
    return this.#now ? countsIn(this.#chart, this.#now) : {};
  }

  #show(): void {
    this.#drawing?.show(this.#counts, this.#state);
    this.#drawing?.flow(this.#flows.at(Date.now()));
    this.#around.changed();
  }

  async #draw(chart: string): Promise<void> {
    try {
      const text = await (await get(`charts/${chart}.svg`)).text();
      if (chart !== this.#chart) return;
      this.#drawing = new LiveChart(text, (state) => this.#around.go(this.#hashOf(state)));
      this.#problem = null;
    } catch (error) {
      this.#problem = messageOf(error);
    }
    this.#show();
    requestAnimationFrame(() => this.#drawing?.reveal(this.#state));
  }

  #hashOf(state: string | null): string {
    return hashOf({ page: "lifecycles", chart: this.#chart, state });
  }

  view(): TemplateResult {
    const subtitle = "Everything that lives is a statechart that runs. The digits are how many are in each state now.";
    const listeners = this.#now?.listenerOrder ?? [];
    return html`${pageHead({ title: this.title, subtitle })}
      <nav class="tabs" aria-label="Charts">
        ${charts.map(
          (name) =>
            html`<a
              href=${hashOf({ page: "lifecycles", chart: name, state: null })}
              aria-current=${name === this.#chart ? "page" : nothing}
              >${name}</a
            >`,
        )}
      </nav>
      ${this.#problem ? html`<p class="error" role="alert">${this.#problem}</p>` : nothing}
      <div class="lifecycles">
        <div class="beside">${this.#states()} ${this.#flowing()}</div>
        ${this.#chartBox()}
      </div>
      ${this.#inhabitants?.view() ?? nothing} ${this.#traces.view(listeners)}`;
  }

  #chartBox(): TemplateResult {
    return html`<section class="card chart-box" aria-label="Drawing of the chart">
      <label class="whole"
        ><input
          type="checkbox"
          .checked=${this.#isFullSize}
          @change=${(event: Event) => {
            this.#isFullSize = (event.target as HTMLInputElement).checked;
            this.#around.changed();
          }}
        />
        Full size</label
      >
      <div
        class=${this.#isFullSize ? "chart" : "chart fitted"}
        tabindex="0"
        role="group"
        aria-label="The ${this.#chart} chart; its states and what flows between them are listed beside it"
      >
        ${this.#drawing?.element ?? html`<p class="none">Drawing…</p>`}
      </div>
    </section>`;
  }

  #states(): TemplateResult {
    const counts = this.#counts;
    const states = this.#drawing?.states ?? Object.keys(counts);
    return html`<section class="card states" aria-labelledby="states-title">
      <h2 id="states-title">States</h2>
      <ul>
        ${repeat(
          states,
          (state) => state,
          (state) => {
            const count = countIn(state, counts);
            const picked = state === this.#state;
            return html`<li class=${state.includes(".") ? "within" : ""}>
              <a
                href=${this.#hashOf(picked ? null : state)}
                aria-current=${picked ? "true" : nothing}
                class=${count > 0 ? "taken" : ""}
                >${state.split(".").at(-1)} <span class="digits">${count}</span></a
              >
            </li>`;
          },
        )}
      </ul>
    </section>`;
  }

  /** The same as the lines of the drawing, for those who cannot see it. */
  #flowing(): TemplateResult {
    const rates = this.#flows.at(Date.now());
    return html`<section class="card states flows" aria-labelledby="flows-title">
      <h2 id="flows-title">Per second</h2>
      ${rates.length === 0 ? html`<p class="none">Nothing moves.</p>` : nothing}
      <ul>
        ${rates.map(
          ({ from, to, rate, failing }) =>
            html`<li class=${failing > 0 ? "failing" : ""}>
              <span>${from} → ${to}</span>
              <span class="digits">${rateText(rate)}</span>
              ${failing > 0 ? html`<span class="failures">${rateText(failing)} failing</span>` : nothing}
            </li>`,
        )}
      </ul>
    </section>`;
  }
}
