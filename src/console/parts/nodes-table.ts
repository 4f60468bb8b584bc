/** The nodes of a fleet, with their connections, which add up. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { NodeNow, ServerNow } from "../wire/server-status.ts";
import { capFill } from "./cap-fill.ts";
import { resourceText, stateChip } from "./state-chip.ts";

/**
 * Nothing for a server of its own.
 * @param actions what can be done about a node; null for somebody who may only read
 */
export function nodesTable(
  { nodes, maxConnections }: ServerNow,
  actions: ((node: NodeNow) => TemplateResult | typeof nothing) | null,
): TemplateResult | typeof nothing {
  if (nodes.length === 0) return nothing;
  const all = nodes.reduce((sum, { connections }) => sum + connections, 0);
  const documents = documentsText(nodes);
  return html`<table role="table" class="cards nodes" aria-label="Nodes of the fleet">
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col">Node</th>
        <th role="columnheader" scope="col">State</th>
        <th role="columnheader" scope="col">Connections</th>
        <th role="columnheader" scope="col">Document</th>
        <th role="columnheader" scope="col">Version</th>
        ${actions && html`<th role="columnheader" scope="col"><span class="unseen">Actions</span></th>`}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${repeat(
        nodes,
        ({ id }) => id,
        (node) => row(node, actions?.(node) ?? null),
      )}
      <tr role="row" class="sum">
        <td role="cell" data-label="Node"><div>All ${nodes.length} nodes</div></td>
        <td role="cell" class="blank"></td>
        <td role="cell" data-label="Connections">
          <div class="digits">${capFill(all, maxConnections, "Connections of the fleet")}</div>
        </td>
        ${
          documents === ""
            ? html`<td role="cell" class="blank"></td>`
            : html`<td role="cell" data-label="Document"><div>${documents}</div></td>`
        }
        <td role="cell" class="blank"></td>
        ${actions && html`<td role="cell" class="blank"></td>`}
      </tr>
    </tbody>
  </table>`;
}

function row(node: NodeNow, actions: TemplateResult | typeof nothing | null): TemplateResult {
  const { id, name, state, connections, generation, documentDigest, version, exhausted } = node;
  return html`<tr role="row">
    <td role="cell" data-label="Node">
      <div>${name}${id === "local" ? html` <span class="none">this one</span>` : nothing}</div>
    </td>
    <td role="cell" data-label="State">
      <div>
        ${stateChip(state)}
        ${exhausted.map((resource) => html`<span class="chip bad">${resourceText(resource)}</span> `)}
      </div>
    </td>
    <td role="cell" data-label="Connections"><div class="digits">${connections}</div></td>
    <td role="cell" data-label="Document">
      <div>${documentDigest === null ? html`<span class="digits">${generation}</span>` : html`<code>${documentDigest}</code>`}</div>
    </td>
    <td role="cell" data-label="Version"><div>${version}</div></td>
    ${actions && html`<td role="cell" data-label=""><div class="row-actions">${actions}</div></td>`}
  </tr>`;
}

/** The number of a document counts the reloads of one process, and tells nothing about others. */
function documentsText(nodes: readonly NodeNow[]): string {
  if (nodes.some(({ documentDigest }) => documentDigest === null)) return "";
  return new Set(nodes.map(({ documentDigest }) => documentDigest)).size === 1 ? "the same" : "not the same yet";
}
