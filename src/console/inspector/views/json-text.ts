/** JSON for reading. */
import { html, type TemplateResult } from "lit-html";
import type { JsonText } from "../model/message.ts";

export function jsonBlock(label: string, { text, cutFrom }: JsonText): TemplateResult {
  const note =
    cutFrom === null
      ? ""
      : html`<p class="none">Cut: it has ${cutFrom.toLocaleString("en")} characters, which are more than are kept.</p>`;
  return html`<pre class="json verbatim" tabindex="0" role="group" aria-label=${label}>${pretty(text)}</pre>
    ${note}`;
}

/** What is no JSON, being cut, stays as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
