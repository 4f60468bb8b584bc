/** The running server as it is, kept up to date by what it sends. */
import { EventFeed, type Liveness } from "./event-feed.ts";
import type { Arguments } from "./jmap.ts";

/** Numbers by chart, then by transition: `active>closing`. */
export type Flows = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface LiveState {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `x:ServerNode`, by id. */
  readonly nodes: Readonly<Record<string, Arguments>>;
  /** `x:ListenerStatus`, by id. */
  readonly listeners: Readonly<Record<string, Arguments>>;
  readonly listenerOrder: readonly string[];
  /** How often each transition was taken since somebody began to watch. */
  readonly flows: Flows;
  /** How often of these by connections that fail. */
  readonly failingFlows: Flows;
}

interface Watch {
  got(state: LiveState): void;
  /** Called when it changes. */
  liveness(now: Liveness): void;
  /** Nobody is logged in any more. */
  loggedOut(): void;
}

type Frame = { readonly whole: Arguments } | { readonly patch: Arguments };

export class LiveServer {
  readonly #feed: EventFeed;
  readonly #got: (state: LiveState) => void;
  #state: Arguments = {};

  constructor({ got, liveness, loggedOut }: Watch) {
    this.#got = got;
    this.#feed = new EventFeed({
      query: { live: "true" },
      on: { live: (data) => this.#take(data as Frame) },
      onlyInSight: true,
      liveness,
      loggedOut,
    });
  }

  start(): void {
    this.#feed.start();
  }

  stop(): void {
    this.#feed.stop();
  }

  #take(frame: Frame): void {
    this.#state = "whole" in frame ? frame.whole : patched(this.#state, frame.patch);
    this.#got({ ...(this.#state as unknown as Omit<LiveState, "at">), at: Date.now() });
  }
}

/** A JSON merge patch (RFC 7396), applied to a copy. */
export function patched(target: Arguments, patch: Arguments): Arguments {
  const members = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name);
    else members.set(name, isTree(value) ? patched(treeOr(members.get(name)), value) : value);
  }
  return Object.fromEntries(members);
}

function isTree(value: unknown): value is Arguments {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function treeOr(value: unknown): Arguments {
  return isTree(value) ? value : {};
}
