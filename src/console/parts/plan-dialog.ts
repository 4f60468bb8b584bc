/** What a save would do, before it is done. */
import { html, type TemplateResult } from "lit-html";
import type { Change } from "../wire/set.ts";
import { dialog } from "./dialog.ts";
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

export function planDialog({ change: { kind }, plan, ...rest }: PlanDialog): TemplateResult {
  const body = html`<p class="description">This is what it does to the running server.</p>
    ${planView(plan)}`;
  return dialog({ ...rest, title: titles[kind], verb: verbs[kind], isDangerous: kind === "destroy", body });
}
