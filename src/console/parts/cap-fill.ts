import { html, type TemplateResult } from "lit-html";

/** How much of a cap is taken. */
export function capFill(count: number, cap: number, name: string): TemplateResult {
  return html`<span>${count} <span class="none">of ${cap}</span></span>
    <progress class=${count >= cap ? "full" : ""} value=${count} max=${Math.max(1, cap)} aria-label=${name}></progress>`;
}
