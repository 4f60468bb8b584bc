/** The charts of what lives: how many are in each state, and who. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { durationText, sizeText } from "../forms/quantities.ts";
import type { Page, Surroundings } from "../page.ts";
import { LiveChart } from "../parts/live-chart.ts";
import { pageHead } from "../parts/page-head.ts";
import { hashOf } from "../routes.ts";
import { act } from "../wire/actions.ts";
import { get, messageOf } from "../wire/jmap.ts";
import { LiveQuery } from "../wire/live.ts";
import { countIn, type Inhabitant, type StatesNow, statesNow } from "../wire/states.ts";

/** As the server names them. */
const charts = ["server", "listener", "connection", "reload", "smtp", "lmtp", "imap", "pop3", "manageSieve"] as const;

export class LifecyclesPage implements Page {
  readonly title = "Lifecycles";
  readonly #around: Surroundings;
  readonly #chart: string;
  readonly #state: string | null;
  readonly #live: LiveQuery<StatesNow>;
  #drawing: LiveChart | null = null;
  #problem: string | null = null;
  #now: StatesNow | null = null;
  #isFullSize = false;

  constructor(around: Surroundings, chart: string | null, state: string | null) {
    this.#around = around;
    this.#chart = charts.find((name) => name === chart) ?? "connection";
    this.#state = state;
    this.#live = new LiveQuery({
      ask: () => statesNow(this.#chart, this.#state),
      got: (now) => {
        this.#now = now;
        this.#drawing?.show(now.counts, this.#state);
        around.changed();
      },
      liveness: (now) => around.liveness(now),
      loggedOut: () => around.loggedOut(),
    });
  }

  start(): void {
    void this.#draw();
    this.#live.start();
  }

  stop(): void {
    this.#live.stop();
  }

  async #draw(): Promise<void> {
    try {
      const text = await (await get(`charts/${this.#chart}.svg`)).text();
      this.#drawing = new LiveChart(text, (state) => this.#around.go(this.#hashOf(state)));
      this.#drawing.show(this.#now?.counts ?? {}, this.#state);
    } catch (error) {
      this.#problem = messageOf(error);
    }
    this.#around.changed();
    requestAnimationFrame(() => this.#drawing?.reveal(this.#state));
  }

  #hashOf(state: string | null): string {
    return hashOf({ page: "lifecycles", chart: this.#chart, state });
  }

  view(): TemplateResult {
    const subtitle = "Everything that lives is a statechart that runs. The digits are how many are in each state now.";
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
      <div class="lifecycles">${this.#states()} ${this.#chartBox()}</div>
      ${this.#who()}`;
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
      <div class=${this.#isFullSize ? "chart" : "chart fitted"} tabindex="0" role="group" aria-label="The ${this.#chart} chart; its states are listed beside it">
        ${this.#drawing?.element ?? html`<p class="none">Drawing…</p>`}
      </div>
    </section>`;
  }

  #states(): TemplateResult {
    const counts = this.#now?.counts ?? {};
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

  #who(): TemplateResult | typeof nothing {
    const inhabitants = this.#now?.inhabitants;
    if (this.#state === null || !inhabitants) return nothing;
    const { rows, total } = inhabitants;
    const title = html`<h2 id="who">In ${this.#state}: ${total}</h2>`;
    if (rows.length === 0) return html`<section aria-labelledby="who">${title}</section>`;
    return html`<section class="who-is-there" aria-labelledby="who">
      ${title}
      <table role="table" class="cards" aria-labelledby="who">
        <thead role="rowgroup">
          <tr role="row">
            ${this.#columns(rows).map((label) => html`<th role="columnheader" scope="col">${label}</th>`)}
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${repeat(
            rows,
            ({ id }) => id,
            (row) => this.#row(row),
          )}
        </tbody>
      </table>
      ${total > rows.length ? html`<p class="more">The first ${rows.length} of ${total}.</p>` : nothing}
    </section>`;
  }

  #columns([first]: readonly Inhabitant[]): readonly (string | TemplateResult)[] {
    if (!first?.connection) return ["Listener"];
    const end = html`<span class="unseen">Actions</span>`;
    return ["Client", "Listener", "Account", "State", "Age", "Received", "Sent", end];
  }

  #row({ listener, connection }: Inhabitant): TemplateResult {
    const settings = hashOf({ page: "object", view: "x:NetworkListener", id: listener });
    const link = html`<a href=${settings}>${listener}</a>`;
    const cells: readonly (readonly [string, unknown])[] = connection
      ? [
          ["Client", html`<code>${connection.peer}</code>`],
          ["Listener", link],
          ["Account", connection.user ?? html`<span class="none">–</span>`],
          ["State", connection.session ?? connection.state],
          ["Age", durationText(Math.floor(connection.age / 1_000) * 1_000)],
          ["Received", html`<span class="digits">${sizeOf(connection.bytesRead)}</span>`],
          ["Sent", html`<span class="digits">${sizeOf(connection.bytesWritten)}</span>`],
          ["", this.#closeButton(connection.id, connection.peer)],
        ]
      : [["Listener", link]];
    return html`<tr role="row">
      ${cells.map(([label, cell]) => html`<td role="cell" data-label=${label}><div>${cell}</div></td>`)}
    </tr>`;
  }

  #closeButton(id: string, peer: string): TemplateResult | typeof nothing {
    if (this.#around.isReadOnly) return nothing;
    const close = async () => {
      try {
        await act({ "@type": "CloseConnection", connectionId: id });
        this.#around.announce(`The connection of ${peer} ends at its next safe point.`);
        this.#live.now();
      } catch (error) {
        this.#around.announce(messageOf(error));
      }
    };
    return html`<button class="quiet" aria-label="Close the connection of ${peer}" @click=${() => void close()}>Close</button>`;
  }
}

/** In the largest unit that it fills. */
function sizeOf(octets: number): string {
  const power = octets < 1_024 ? 0 : Math.min(3, Math.floor(Math.log2(octets) / 10));
  return sizeText(Math.floor(octets / 1_024 ** power) * 1_024 ** power).replace(/^\d+$/, "$& B");
}
