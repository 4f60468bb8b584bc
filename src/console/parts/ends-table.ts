/** Connections that have ended, or clients that were refused, each with a way to its explanation. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { roughDurationText } from "../forms/quantities.ts";
import { hashOf } from "../routes.ts";
import { type ConnectionEnd, type EndsFound, hostOf } from "../wire/ends.ts";
import { octetsText } from "./octets.ts";

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });

export function endsTable({ wanted, ends, total }: EndsFound): TemplateResult {
  if (ends.length === 0)
    return html`<p role="status" class="empty card">None of them is kept. The server keeps the latest 50 of each listener and reason.</p>`;
  const columns = wanted.kind === "ended" ? endedColumns : refusedColumns;
  return html`<table role="table" class="cards ends" aria-labelledby="who">
      <thead role="rowgroup">
        <tr role="row">
          ${columns.map(([label]) => html`<th role="columnheader" scope="col">${label || html`<span class="unseen">Explanation</span>`}</th>`)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          ends,
          ({ id }) => id,
          (end) =>
            html`<tr role="row">
              ${columns.map(([label, cell]) => html`<td role="cell" data-label=${label}><div>${cell(end)}</div></td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
    <p class="more" role="status">
      ${total > ends.length ? `The latest ${ends.length} of ${total} that are kept.` : nothing}
    </p>`;
}

type Column = readonly [label: string, cell: (end: ConnectionEnd) => unknown];

const none = html`<span class="none">–</span>`;

const common: readonly Column[] = [
  ["When", ({ at }) => html`<time class="digits" datetime=${new Date(at).toISOString()}>${clock.format(at)}</time>`],
  ["Client", ({ peer }) => html`<code>${peer}</code>`],
  ["Listener", ({ listener }) => listener],
];

const explanation: Column = [
  "",
  ({ listener, peer, serverName, isProxied: proxied }) => {
    const address = hostOf(peer);
    const href = hashOf({ page: "explain", listener, address, serverName, proxied });
    return html`<a href=${href} aria-label="Explain ${peer} on ${listener}">Explain</a>`;
  },
];

const endedColumns: readonly Column[] = [
  ...common,
  ["After", ({ duration }) => (duration === null ? none : roughDurationText(duration))],
  ["Received", ({ bytesRead }) => html`<span class="digits">${octetsText(bytesRead ?? 0)}</span>`],
  ["Sent", ({ bytesWritten }) => html`<span class="digits">${octetsText(bytesWritten ?? 0)}</span>`],
  ["Detail", ({ detail, tls, serverName }) => detail ?? ([tls, serverName].filter(Boolean).join(", ") || none)],
  explanation,
];

const refusedColumns: readonly Column[] = [
  ...common,
  [
    "Limit",
    ({ limit, current }) =>
      limit === null || limit === 0 ? none : html`<span class="digits">${current} of ${limit}</span>`,
  ],
  explanation,
];
