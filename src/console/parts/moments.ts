/** Moments as people read them: in the browser's time zone. */
import { html, type TemplateResult } from "lit-html";

const format = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium", hourCycle: "h23" });

export function momentText(at: Date | number): string {
  return format.format(at);
}

export function momentTime(at: Date | number): TemplateResult {
  return html`<time class="digits" datetime=${new Date(at).toISOString()}>${momentText(at)}</time>`;
}
