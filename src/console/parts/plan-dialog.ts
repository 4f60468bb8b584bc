/** What a save would do, before it is done. */
import { html, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import type { Change } from "../wire/set.ts";
import { planView } from "./plan-view.ts";

interface PlanDialog {
  readonly change: Change;
  readonly plan: unknown;
  readonly busy: boolean;
  apply(): void;
  cancel(): void;
}

const titles = { create: "Add it?", update: "Save the changes?", destroy: "Delete it?" } as const;
const verbs = { create: "Add", update: "Apply", destroy: "Delete" } as const;

export function planDialog({ change: { kind }, plan, busy, apply, cancel }: PlanDialog): TemplateResult {
  return html`<dialog
    aria-labelledby="plan-title"
    ${ref((element) => {
      if (element instanceof HTMLDialogElement && !element.open) element.showModal();
    })}
    @cancel=${(event: Event) => {
      event.preventDefault();
      if (!busy) cancel();
    }}
  >
    <h2 id="plan-title">${titles[kind]}</h2>
    <p class="description">This is what it does to the running server.</p>
    ${planView(plan)}
    <div class="buttons">
      <button class="quiet" ?disabled=${busy} @click=${cancel}>Cancel</button>
      <button class=${kind === "destroy" ? "danger" : "primary"} ?disabled=${busy} autofocus @click=${apply}>
        ${busy ? "Applying…" : verbs[kind]}
      </button>
    </div>
  </dialog>`;
}
