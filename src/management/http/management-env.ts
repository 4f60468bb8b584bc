/** What the routes of the management know of a request beside itself. */
import type { EventEmitter } from "node:events";
import type { Asked } from "../access/asked.ts";
import type { Known } from "../access/judge.ts";
import type { Grant } from "../access/permissions.ts";
import type { StillGranted } from "../access/still-granted.ts";
import type { EventSourceOptions } from "../live/event-source.ts";

/** Where somebody has been granted something. */
export interface GrantedEnv {
  readonly Variables: {
    readonly grant: Grant;
    /** The path that all others are below; unset on the control socket. */
    readonly mount?: string;
    /** For an answer that takes its time: whether the same would be granted now. */
    readonly isStillGranted: StillGranted;
  };
}

export interface ManagementEnv extends GrantedEnv {
  readonly Bindings: {
    readonly asked: Asked;
    /** What the client sends by: it emits `end` once the client sends no more. Null over HTTP/2. */
    readonly stream: EventEmitter | null;
  };
}

export interface ListenerParts extends Known, EventSourceOptions {
  /** The names of the protocols that the embedder has registered. */
  readonly protocols: readonly string[];
}
