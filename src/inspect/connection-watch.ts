/** The events of one connection and its session: shown at once, or kept until it is known whether to show them. */
import { isFailure } from "../machines/own-causes.ts";
import type { ConnectionFacts } from "../protocols/protocol.ts";
import type { PresentedEvent } from "./presented.ts";
import type { Selection } from "./selection.ts";

/**
 * How many events of a connection are kept: beyond that the oldest are dropped, except for those that introduce an
 * actor.
 */
const mostKept = 200;

/** `choosing`: the client is not known yet; `keeping`: its end will show whether it fails. */
type Phase = "choosing" | "keeping" | "showing" | "over";

export interface WatchOptions {
  readonly facts: ConnectionFacts;
  /**
   * Whether the selection has chosen it; if not, it is asked when the client is known: the peer is a trusted proxy.
   */
  readonly chosen: boolean;
  readonly selection: Selection;
  show(event: PresentedEvent): void;
}

function chosenPhase({ failuresOnly }: Selection): Phase {
  return failuresOnly ? "keeping" : "showing";
}

export class ConnectionWatch {
  readonly #options: WatchOptions;
  #phase: Phase;
  #kept: PresentedEvent[] = [];
  #dropped = 0;
  /** Whether the selection has counted it. */
  #chosen: boolean;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#chosen = options.chosen;
    this.#phase = options.chosen ? chosenPhase(options.selection) : "choosing";
  }

  get over(): boolean {
    return this.#phase === "over";
  }

  take(event: PresentedEvent): void {
    if (this.#phase === "over") return;
    if (this.#phase === "showing") this.#options.show(event);
    else this.#keep(event);
  }

  /** The connection's own machine has entered a state: the client may be known now. */
  entered(state: unknown): void {
    if (this.#phase === "choosing" && state !== "accepted" && state !== "proxyHeader") this.#choose();
  }

  /** The connection has closed. */
  ended(cause: unknown): void {
    if (this.#phase === "choosing") this.#choose();
    if (this.#phase === "keeping" && isFailure(cause)) this.#flush();
    this.#phase = "over";
    this.#kept = [];
    if (this.#chosen) this.#options.selection.release();
    this.#chosen = false;
  }

  #choose(): void {
    const { selection, facts } = this.#options;
    this.#chosen = selection.choose(facts);
    this.#phase = this.#chosen ? chosenPhase(selection) : "over";
    if (this.#phase === "showing") this.#flush();
    else if (this.#phase === "over") this.#kept = [];
  }

  #keep(event: PresentedEvent): void {
    this.#kept.push(event);
    if (this.#kept.length <= mostKept) return;
    const oldest = this.#kept.findIndex(({ type }) => type !== "@xstate.actor");
    this.#kept.splice(Math.max(oldest, 0), 1);
    this.#dropped += 1;
  }

  /** The first event after the gap reports it. */
  #flush(): void {
    const afterGap = this.#dropped === 0 ? -1 : this.#kept.findIndex(({ type }) => type !== "@xstate.actor");
    for (const [index, event] of this.#kept.entries())
      this.#options.show(index === afterGap ? { ...event, dropped: this.#dropped } : event);
    this.#kept = [];
  }
}
