/** One step in full: the event, and the snapshot that it led to. */
import { html, nothing, type TemplateResult } from "lit-html";
import { isObject, type ShownSnapshot } from "../model/message.ts";
import type { Entry, WatchedActor } from "../model/watched-actor.ts";
import { jsonBlock } from "./json-text.ts";
import type { PaneContext } from "./pane.ts";
import { timeText } from "./times.ts";

export class DetailsPane {
  readonly #context: PaneContext;

  constructor(context: PaneContext) {
    this.#context = context;
  }

  view(): TemplateResult {
    const { actor, moment, step } = this.#context.focus;
    if (!actor) return html`<div class="pane-head"><h2>Details</h2></div><p class="empty">No actor is chosen.</p>`;
    const entry = this.#entry(actor, moment) ?? actor.steps[step];
    const snapshot = actor.snapshotOfStep(step);
    return html`<div class="pane-head"><h2>Details</h2></div>
      <div class="details">
        ${entry ? eventPart(entry) : nothing} ${snapshotPart(snapshot, changesOf(actor, step))}
        <h3>Actor</h3>
        <dl>
          <dt>Session</dt>
          <dd><code>${actor.sessionId}</code></dd>
          <dt>From</dt>
          <dd>${actor.source}</dd>
          ${actor.parent ? html`<dt>Parent</dt><dd>${actor.parent.name}</dd>` : nothing}
        </dl>
      </div>`;
  }

  /** The event that was clicked may have led to nothing yet. */
  #entry(actor: WatchedActor, moment: number | null): Entry | undefined {
    if (moment === null) return undefined;
    return this.#context.collection.entries().find(({ sequence, actor: of }) => sequence === moment && of === actor);
  }
}

function eventPart({ event, at, sender, sequence }: Entry): TemplateResult {
  return html`<h3>Event <span class="none digits">${sequence}</span></h3>
    <dl>
      <dt>Type</dt>
      <dd><code class="wrap">${event.type}</code></dd>
      <dt>Time</dt>
      <dd class="digits">${timeText(at)}</dd>
      ${sender === null ? nothing : html`<dt>Sender</dt><dd>${sender}</dd>`}
    </dl>
    ${jsonBlock("The event", event.json)}`;
}

function snapshotPart(snapshot: ShownSnapshot, changed: readonly string[]): TemplateResult {
  const parts = partsOf(snapshot);
  return html`<h3>Snapshot</h3>
    <dl>
      <dt>Status</dt>
      <dd>${snapshot.status}</dd>
      ${snapshot.state === "" ? nothing : html`<dt>State</dt><dd>${snapshot.state}</dd>`}
      ${changed.length === 0 ? nothing : html`<dt>Changed</dt><dd class="changed">${changed.join(", ")}</dd>`}
    </dl>
    ${parts.map(([name, text]) => html`<h4>${name}</h4>${jsonBlock(name, { text, cutFrom: null })}`)}
    ${parts.length === 0 ? jsonBlock("The snapshot", snapshot.json) : whole(snapshot)}`;
}

function whole({ json }: ShownSnapshot): TemplateResult {
  return html`<details>
    <summary>Whole snapshot</summary>
    ${jsonBlock("The whole snapshot", json)}
  </details>`;
}

/** What most people look for in it. */
function partsOf({ json }: ShownSnapshot): readonly (readonly [string, string])[] {
  const fields = objectIn(json.text) ?? {};
  const named = [
    ["Context", fields["context"]],
    ["Output", fields["output"]],
    ["Error", fields["error"]],
  ] as const;
  return named.flatMap(([name, value]) => (value === undefined ? [] : [[name, JSON.stringify(value)] as const]));
}

/** Fields of the context that the step has changed. */
function changesOf(actor: WatchedActor, step: number): readonly string[] {
  if (step < 0) return [];
  const before = contextIn(actor.snapshotOfStep(step - 1));
  const after = contextIn(actor.snapshotOfStep(step));
  if (!before || !after) return [];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).slice(0, 20);
}

function contextIn({ json }: ShownSnapshot): Readonly<Record<string, unknown>> | null {
  const context = objectIn(json.text)?.["context"];
  return isObject(context) ? context : null;
}

function objectIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
