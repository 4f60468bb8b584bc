/**
 * A message of Stately's inspection protocol, as it is kept. It comes from any program: nothing in it is trusted to have
 * the form that the official package gives it, and everything is bounded.
 */
import { activePaths, statePath } from "./state-value.ts";

/** JSON, cut when it is too long. */
export interface JsonText {
  readonly text: string;
  /** Characters of the whole when this is only its beginning, or nothing of it. */
  readonly cutFrom: number | null;
}

export interface ShownEvent {
  readonly type: string;
  readonly json: JsonText;
}

export interface ShownSnapshot {
  /** `active`, `done`, `error`, `stopped`. */
  readonly status: string;
  /** In one line; empty for an actor that runs no chart. */
  readonly state: string;
  /** Paths of the states that it is in. */
  readonly active: readonly string[];
  readonly json: JsonText;
}

interface Sent {
  readonly sessionId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export type Message =
  | (Sent & {
      readonly kind: "actor";
      readonly name: string;
      readonly parentId: string | null;
      /** The number of the worker of Gatehouse that has it; null for all others. */
      readonly worker: number | null;
      /** JSON of the chart's configuration. */
      readonly definition: string | null;
      readonly snapshot: ShownSnapshot;
    })
  | (Sent & { readonly kind: "event"; readonly sourceId: string | null; readonly event: ShownEvent })
  | (Sent & { readonly kind: "snapshot"; readonly event: ShownEvent; readonly snapshot: ShownSnapshot });

/** Characters of an event or a snapshot, of a definition, and of a name. */
export const longestJson = 65_536;
const longestDefinition = 262_144;
const longestName = 500;

type Fields = Readonly<Record<string, unknown>>;

/** @returns null for anything else */
export function readMessage(data: unknown): Message | null {
  if (!isObject(data)) return null;
  const sessionId = nameIn(data["sessionId"]);
  if (sessionId === null) return null;
  const sent = { sessionId, at: timeIn(data["createdAt"]) };
  switch (data["type"]) {
    case "@xstate.actor": {
      const { definition } = data;
      return {
        ...sent,
        kind: "actor",
        name: nameIn(data["name"]) ?? sessionId,
        parentId: nameIn(data["parentId"]),
        worker: Number.isInteger(data["worker"]) ? Number(data["worker"]) : null,
        definition: typeof definition === "string" && definition.length <= longestDefinition ? definition : null,
        snapshot: snapshotIn(data),
      };
    }
    case "@xstate.event":
      return { ...sent, kind: "event", sourceId: nameIn(data["sourceId"]), event: eventIn(data) };
    case "@xstate.snapshot":
      return { ...sent, kind: "snapshot", event: eventIn(data), snapshot: snapshotIn(data) };
    default:
      return null;
  }
}

function eventIn(data: Fields): ShownEvent {
  const { event } = data;
  return { type: (isObject(event) ? nameIn(event["type"]) : null) ?? "", json: jsonOf(event, data) };
}

function snapshotIn(data: Fields): ShownSnapshot {
  const { snapshot } = data;
  const { status, value } = isObject(snapshot) ? snapshot : {};
  return {
    status: nameIn(status) ?? "active",
    state: statePath(value).slice(0, longestName),
    active: activePaths(value),
    json: jsonOf(snapshot, data),
  };
}

/** @param cut by the relay: its characters before that. */
function jsonOf(value: unknown, { cut }: Fields): JsonText {
  const text = jsonTextOf(value);
  const whole = typeof cut === "number" ? cut : text.length;
  if (text.length <= longestJson) return { text, cutFrom: typeof cut === "number" ? whole : null };
  return { text: text.slice(0, longestJson), cutFrom: whole };
}

/** Messages of windows are not always JSON: they may contain themselves, or large integers. */
function jsonTextOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch (error) {
    return JSON.stringify(`(cannot be shown: ${error instanceof Error ? error.message : String(error)})`);
  }
}

function timeIn(createdAt: unknown): number {
  const at = Number(createdAt);
  return Number.isFinite(at) && at > 0 ? at : Date.now();
}

function nameIn(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.slice(0, longestName) : null;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
