/** The head of a page: where it stands, what it is called, what can be done. */
import { html, nothing, type TemplateResult } from "lit-html";

interface Head {
  /** Names that lead here. */
  readonly place?: readonly string[];
  readonly title: string;
  readonly subtitle?: string | undefined;
  readonly actions?: TemplateResult | typeof nothing;
}

export function pageHead({ place = [], title, subtitle, actions = nothing }: Head): TemplateResult {
  return html`<div class="head">
    <div>
      ${place.length > 0 ? html`<p class="place">${place.join(" › ")}</p>` : nothing}
      <h1 tabindex="-1">${title}</h1>
      ${subtitle ? html`<p class="subtitle">${subtitle}</p>` : nothing}
    </div>
    <div class="actions">${actions}</div>
  </div>`;
}
