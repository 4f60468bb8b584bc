/** The chart of the actor in focus, its states, and the way back and forth through its steps. */
import { html, nothing, type TemplateResult } from "lit-html";
import { type ChartState, chartStates } from "../model/chart-states.ts";
import type { WatchedActor } from "../model/watched-actor.ts";
import { ActorChart } from "./actor-chart.ts";
import { isChecked, type PaneContext } from "./pane.ts";
import { timeText } from "./times.ts";

/** A chart that has been asked for: drawn, not yet drawn, or why it cannot be. */
interface Asked {
  readonly definition: string | null;
  readonly states: readonly ChartState[] | null;
  chart: ActorChart | null;
  reason: string | null;
}

export class ChartPane {
  readonly #context: PaneContext;
  #asked: Asked = { definition: null, states: null, chart: null, reason: null };
  #isFullSize = false;

  constructor(context: PaneContext) {
    this.#context = context;
  }

  view(): TemplateResult {
    const { actor } = this.#context.focus;
    if (!actor) return html`<div class="pane-head"><h2>Chart</h2></div><p class="empty">No actor is chosen.</p>`;
    if (actor.definition !== this.#asked.definition) this.#ask(actor.definition);
    const active = this.#context.focus.snapshotOf(actor)?.active ?? [];
    this.#asked.chart?.light(active);
    const { states, chart, reason } = this.#asked;
    return html`<div class="pane-head">
        <h2>${actor.name} <span class="none">${this.#status(actor)}</span></h2>
        ${chart ? this.#sizeChoice() : nothing}
      </div>
      ${this.#steps(actor)}
      <div class="chart-and-states">
        ${states ? outline(states, active) : nothing}
        <div class=${this.#isFullSize ? "chart" : "chart fitted"} tabindex="0" role="group" aria-label="Drawing of the chart; its states are listed beside it">
          ${chart?.element ?? html`<p class="none">${this.#words(states, reason)}</p>`}
        </div>
      </div>`;
  }

  #words(states: Asked["states"], reason: string | null): string {
    if (states === null) return "Its logic is no state machine: there is no chart.";
    return reason ?? "Drawing…";
  }

  #status(actor: WatchedActor): string {
    if (!actor.hasStarted) return "never started";
    const { status } = this.#context.focus.snapshotOf(actor) ?? actor.now;
    if (status !== "active") return status;
    return actor.isLost ? "gone" : "";
  }

  #sizeChoice(): TemplateResult {
    return html`<label
      ><input
        type="checkbox"
        .checked=${this.#isFullSize}
        @change=${(event: Event) => {
          this.#isFullSize = isChecked(event);
          this.#context.changed();
        }}
      />Full size</label
    >`;
  }

  #steps(actor: WatchedActor): TemplateResult {
    const { focus } = this.#context;
    const count = actor.steps.length;
    const step = focus.step;
    const isLive = focus.moment === null;
    const entry = actor.steps[step];
    const words = entry
      ? `${entry.event.type} → ${entry.snapshot?.state || entry.snapshot?.status}`
      : "before its first step";
    const go = (target: number): void => {
      focus.goToStep(Math.max(0, Math.min(count - 1, target)));
      this.#context.changed();
    };
    return html`<div class="steps" role="group" aria-label="Steps of this actor">
      <button aria-label="One step back" ?disabled=${step <= 0} @click=${() => go(step - 1)}>◀</button>
      <input
        type="range"
        aria-label="Step"
        aria-valuetext=${`Step ${step + 1} of ${count}: ${words}`}
        min="0"
        max=${Math.max(0, count - 1)}
        .value=${String(Math.max(0, step))}
        ?disabled=${count === 0}
        @input=${(event: Event) => go(Number((event.target as HTMLInputElement).value))}
      />
      <button aria-label="One step on" ?disabled=${step >= count - 1} @click=${() => go(step + 1)}>▶</button>
      <span class="digits step-count">${step + 1} of ${count}</span>
      <span class="step-words">${entry ? html`<span class="digits none">${timeText(entry.at)}</span> ${words}` : nothing}</span>
      <button
        class=${isLive ? "live on" : "live"}
        aria-pressed=${isLive ? "true" : "false"}
        @click=${() => {
          focus.goLive();
          this.#context.changed();
        }}
      >
        Live
      </button>
    </div>`;
  }

  #ask(definition: string | null): void {
    const states = chartStates(definition);
    const asked: Asked = { definition, states, chart: null, reason: null };
    this.#asked = asked;
    if (definition === null || states === null) return;
    void drawn(definition).then((drawing) => {
      if (typeof drawing === "string") asked.reason = drawing;
      else asked.chart = drawing;
      if (this.#asked === asked) this.#context.changed();
    });
  }
}

/** @returns why not, when it cannot be */
async function drawn(definition: string): Promise<ActorChart | string> {
  try {
    const response = await fetch("chart", { method: "POST", body: definition });
    const text = await response.text();
    return response.ok ? new ActorChart(text) : text;
  } catch {
    return "The chart cannot be drawn: the inspector's server does not answer.";
  }
}

/** For those who cannot see the drawing, and where there is none. */
function outline(states: readonly ChartState[], active: readonly string[]): TemplateResult {
  const lit = new Set(active);
  return html`<div class="outline" tabindex="0" role="group" aria-label="States of the chart">
    <ul>
      ${states.map(
        ({ path, name, level, type }) =>
          html`<li
            class=${lit.has(path) ? "taken" : ""}
            aria-current=${lit.has(path) ? "true" : nothing}
            .style=${`padding-left:${Math.min(level, 8) * 0.9 + 0.4}rem`}
          >
            ${name}${type === "final" || type === "parallel" || type === "history" ? html` <span class="none">${type}</span>` : nothing}
          </li>`,
      )}
    </ul>
  </div>`;
}
