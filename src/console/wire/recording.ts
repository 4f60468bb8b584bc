/** The lines of a recording, as the server sends them and as `gatehouse replay` reads them: docs/inspector.md. */

export type StateValue = string | { readonly [outer: string]: StateValue };

export interface Snapshot {
  readonly status: string;
  readonly value?: StateValue;
  readonly context?: Readonly<Record<string, unknown>>;
}

interface Counted {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly session: string;
  readonly bytesRead?: number;
  readonly bytesWritten?: number;
}

export interface ActorLine extends Counted {
  readonly type: "actor";
  /** `connection:ID`, `smtp:ID`. */
  readonly name: string;
  readonly chart: string | null;
  readonly listener: string | null;
  readonly snapshot: Snapshot;
}

export interface SnapshotLine extends Counted {
  readonly type: "snapshot";
  readonly event: Readonly<Record<string, unknown>> & { readonly type: string };
  readonly snapshot: Snapshot;
}

export type RecordingLine =
  | ActorLine
  | SnapshotLine
  | (Counted & { readonly type: "event" })
  | { readonly type: "gap"; readonly session: string | null; readonly count: number };

export const recordingHeader = { type: "recording", version: 1 } as const;

/** `paused.held` */
export function statePath(value: StateValue | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  const [[outer, inner] = ["", ""]] = Object.entries(value);
  return inner === "" || Object.keys(inner).length === 0 ? outer : `${outer}.${statePath(inner)}`;
}
