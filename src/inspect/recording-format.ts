/** The lines of a recording: JSON, one object a line. docs/inspector.md has the table. */
import type { StateValue } from "xstate";
import { boolean, discriminatedUnion, json, literal, looseObject, number, object, string, type ZodType } from "zod";
import type { PresentedEvent } from "./presented.ts";
import type { ShownEvent, ShownSnapshot } from "./sanitizer.ts";

export const recordingVersion = 1;

export interface HeaderLine {
  readonly type: "recording";
  readonly version: typeof recordingVersion;
}

/** Octets of the actor's connection on the wire so far, TLS records included; not in lines of what belongs to none. */
interface CountedLine {
  readonly bytesRead?: number;
  readonly bytesWritten?: number;
}

/** An actor started, or had been running when its recording began. */
export interface ActorLine extends CountedLine {
  readonly type: "actor";
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Unique in the recorded process; the other lines refer to the actor by it. */
  readonly session: string;
  readonly name: string;
  /** The session of its parent actor. */
  readonly parent: string | null;
  /** The id of its chart; null when it runs none. */
  readonly chart: string | null;
  /** Whether the chart is one of Gatehouse's. */
  readonly own: boolean;
  /** It had been running: what it did before is not recorded. */
  readonly late?: true;
  /** Facts of the connection that it is, or belongs to. */
  readonly listener: string | null;
  /** The number of the worker that has it, from 1; not in lines of the main thread's actors. */
  readonly worker?: number;
  readonly snapshot: ShownSnapshot;
}

/** An event was sent to an actor. */
export interface EventLine extends CountedLine {
  readonly type: "event";
  readonly at: number;
  readonly session: string;
  readonly source: string | null;
  readonly event: ShownEvent;
}

/** An actor has processed an event. */
export interface SnapshotLine extends CountedLine {
  readonly type: "snapshot";
  readonly at: number;
  readonly session: string;
  readonly event: ShownEvent;
  readonly snapshot: ShownSnapshot;
}

/** Events are missing here: of one actor's connection, or, without a session, of any actor. */
export interface GapLine {
  readonly type: "gap";
  readonly session: string | null;
  readonly count: number;
}

/** The recording's size is used up: nothing more was written. */
export interface FullLine {
  readonly type: "full";
}

export type RecordingLine = HeaderLine | ActorLine | EventLine | SnapshotLine | GapLine | FullLine;

const stateValue: ZodType<StateValue> = json() as ZodType<StateValue>;
const snapshot = object({
  status: string(),
  value: stateValue.optional(),
  context: json().optional(),
  error: json().optional(),
});
const event = looseObject({ type: string() });
const at = number();
const session = string();
const octets = { bytesRead: number().optional(), bytesWritten: number().optional() };

export const recordingLine = discriminatedUnion("type", [
  object({ type: literal("recording"), version: literal(recordingVersion) }),
  object({
    type: literal("actor"),
    at,
    session,
    name: string(),
    parent: string().nullable(),
    chart: string().nullable(),
    own: boolean(),
    late: literal(true).optional(),
    listener: string().nullable(),
    worker: number().optional(),
    snapshot,
    ...octets,
  }),
  object({ type: literal("event"), at, session, source: string().nullable(), event, ...octets }),
  object({ type: literal("snapshot"), at, session, event, snapshot, ...octets }),
  object({ type: literal("gap"), session: string().nullable(), count: number() }),
  object({ type: literal("full") }),
]);

/** The lines that record an event of the tree. */
export function linesOf(presented: PresentedEvent): RecordingLine[] {
  const { actorRef, at, dropped, bytesRead, bytesWritten } = presented;
  const octets = {
    ...(bytesRead === undefined ? {} : { bytesRead }),
    ...(bytesWritten === undefined ? {} : { bytesWritten }),
  };
  const session = actorRef.sessionId;
  const gap: GapLine[] = dropped === undefined ? [] : [{ type: "gap", session, count: dropped }];
  switch (presented.type) {
    case "@xstate.actor":
      return [
        {
          type: "actor",
          at,
          session,
          name: actorRef.id,
          parent: actorRef._parent?.sessionId ?? null,
          chart: actorRef.chart,
          own: actorRef.own,
          ...(actorRef.late ? { late: true } : {}),
          listener: actorRef.connection?.listener ?? null,
          ...(actorRef.worker === null ? {} : { worker: actorRef.worker }),
          snapshot: actorRef.getSnapshot(),
          ...octets,
        },
      ];
    case "@xstate.event":
      return [
        ...gap,
        {
          type: "event",
          at,
          session,
          source: presented.sourceRef?.sessionId ?? null,
          event: presented.event,
          ...octets,
        },
      ];
    case "@xstate.snapshot":
      return [
        ...gap,
        { type: "snapshot", at, session, event: presented.event, snapshot: presented.snapshot, ...octets },
      ];
  }
}
