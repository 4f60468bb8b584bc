/** The buttons that add a row to a field, and take one out. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Slot } from "./form-context.ts";

/** Nothing where the field can only be read. */
export function addButton({ label, readOnly }: Slot, add: () => void): TemplateResult | typeof nothing {
  if (readOnly) return nothing;
  return html`<button type="button" class="quiet" @click=${add}>
    Add<span class="unseen"> to ${label}</span>
  </button>`;
}

/** @param what the row is called. Nothing where the field can only be read. */
export function removeButton(
  { label, readOnly }: Slot,
  what: string | number,
  remove: () => void,
): TemplateResult | typeof nothing {
  if (readOnly) return nothing;
  return html`<button type="button" class="quiet remove" @click=${remove}>
    <span aria-hidden="true">×</span>
    <span class="unseen">Remove ${what} from ${label}</span>
  </button>`;
}
