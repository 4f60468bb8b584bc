/** A question that has to be answered before anything else. */
import { html, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";

export interface Question {
  readonly title: string;
  readonly body: TemplateResult;
  /** What happens, on the button. */
  readonly verb: string;
  readonly isDangerous: boolean;
  readonly busy: boolean;
  apply(): void;
  cancel(): void;
}

export function dialog({ title, body, verb, isDangerous, busy, apply, cancel }: Question): TemplateResult {
  return html`<dialog
    aria-labelledby="dialog-title"
    ${ref(showModal)}
    @cancel=${(event: Event) => {
      event.preventDefault();
      if (!busy) cancel();
    }}
  >
    <h2 id="dialog-title">${title}</h2>
    ${body}
    <div class="buttons">
      <button class="quiet" ?disabled=${busy} @click=${cancel}>Cancel</button>
      <button class=${isDangerous ? "danger" : "primary"} ?disabled=${busy} autofocus @click=${apply}>
        ${busy ? "Applying…" : verb}
      </button>
    </div>
  </dialog>`;
}

/** It is in the page only when all of the page has been drawn. */
function showModal(element: Element | undefined): void {
  if (!(element instanceof HTMLDialogElement)) return;
  queueMicrotask(() => {
    if (element.isConnected && !element.open) element.showModal();
  });
}
