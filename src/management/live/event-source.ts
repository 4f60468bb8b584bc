/** One client of the event source: what it asked for is sent to it until it, or what it was granted, has gone. */
import type { EventEmitter } from "node:events";
import type { ConnectionFacts } from "../../protocols/protocol.ts";
import type { ChartFlows } from "../../runtime/observe/chart-flows.ts";
import type { ConnectionWatchers } from "../../runtime/observe/connection-watchers.ts";
import type { Lifecycle } from "../../runtime/observe/lifecycle.ts";
import type { Clock } from "../../runtime/time/clock.ts";
import type { Management } from "../management.ts";
import { EventStream } from "./event-stream.ts";
import { every } from "./interval.ts";
import { LiveFeed } from "./live-feed.ts";
import { type ObjectStates, StateChanges } from "./state-changes.ts";
import { Trace, type Traced } from "./trace.ts";
import { TraceFrames } from "./trace-frames.ts";

/** Milliseconds between two looks at the states of objects, and at whether the client may go on. */
const lookInterval = 1_000;
/** Milliseconds without an event after which it is tried whether the client is still there. */
const touchInterval = 15_000;

export interface EventSourceOptions {
  readonly management: Management;
  readonly lifecycle: Lifecycle;
  readonly clock: Clock;
  readonly flows: ChartFlows;
  readonly watchers: ConnectionWatchers;
}

export interface Asked {
  /** Types of objects whose changes are reported. */
  readonly types: readonly string[];
  /** Ends after the first change. */
  readonly closeAfterState: boolean;
  /** Seconds without an event after which a ping is sent; 0 for none. */
  readonly ping: number;
  /** The live feed (ours). */
  readonly live: boolean;
  /** The steps of connections (ours). */
  readonly traced: Traced | null;
  /** What the client had got before it lost the connection; null for a new one. */
  readonly lastId: string | null;
  /** Of the connection that the client asks by. */
  readonly facts: ConnectionFacts;
  /**
   * Emits `end` once the client sends no more: one that listens to events does so only when it goes. Null where the end of
   * the stream says so itself, as over HTTP/2.
   */
  readonly client: EventEmitter | null;
  /** Whether the client still may: its session, account and role are what they were. */
  mayGoOn(): boolean | Promise<boolean>;
}

export class EventSource {
  readonly #options: EventSourceOptions;
  readonly #feed: LiveFeed;
  #states: { readonly at: number; readonly of: Map<string, string> } = { at: Number.NEGATIVE_INFINITY, of: new Map() };

  constructor(options: EventSourceOptions) {
    this.#options = options;
    this.#feed = new LiveFeed(options);
  }

  /** @param left it has ended. */
  open(asked: Asked, left: () => void): ReadableStream<Uint8Array> {
    const ends = [left];
    const events = new EventStream(() => {
      for (const end of ends) end();
    });
    const { clock, lifecycle } = this.#options;
    const leave = (): void => events.end();
    asked.client?.once("end", leave);
    ends.push(
      () => asked.client?.off("end", leave),
      // A connection that drains does not wait for a stream that never ends.
      lifecycle.listen(["connection.draining"], ({ connection }) => {
        if (connection.id === asked.facts.id) events.end();
      }),
      every(clock, lookInterval, () => void endUnlessGranted(events, asked)),
    );
    ends.push(whenSilent(events, { clock, milliseconds: touchInterval, say: () => events.touch() }));
    if (asked.types.length > 0) ends.push(this.#reportChanges(events, asked));
    if (asked.ping > 0) {
      const ping = JSON.stringify({ interval: asked.ping });
      const milliseconds = asked.ping * 1_000;
      ends.push(whenSilent(events, { clock, milliseconds, say: () => events.send("ping", ping) }));
    }
    if (asked.live)
      ends.push(
        this.#feed.watch({
          get ready() {
            return events.ready;
          },
          take: (frame) => events.send("live", frame),
        }),
      );
    if (asked.traced) ends.push(this.#trace(events, { traced: asked.traced, exceptListener: asked.facts.listener }));
    return events.stream;
  }

  #reportChanges(events: EventStream, { types, closeAfterState, lastId }: Asked): () => void {
    const changes = new StateChanges(this.#statesOf(types));
    const report = (change: ReturnType<StateChanges["next"]>): void => {
      if (change === null) return;
      events.send("state", change.text, change.id);
      if (closeAfterState) events.end();
    };
    if (lastId !== null) report(changes.since(lastId));
    return every(this.#options.clock, lookInterval, () => {
      if (events.ready) report(changes.next(this.#statesOf(types)));
    });
  }

  #trace(events: EventStream, asked: { readonly traced: Traced; readonly exceptListener: string }): () => void {
    const { clock, watchers } = this.#options;
    const frames = new TraceFrames(events, clock);
    const trace = new Trace({
      ...asked,
      watchers,
      line: (line) => frames.add(line),
      ended: (reason) => {
        frames.flushLast();
        events.send("traced", JSON.stringify({ reason }));
        events.end();
      },
    });
    trace.begin();
    return () => {
      trace.stop();
      frames.stop();
    };
  }

  /** Worked out once for all clients that look at about the same time. */
  #statesOf(types: readonly string[]): ObjectStates {
    const { clock, management } = this.#options;
    const now = clock.now();
    if (now - this.#states.at >= lookInterval / 2) this.#states = { at: now, of: new Map() };
    const known = this.#states.of;
    const states = types.map((type) => {
      const state = known.get(type) ?? management.stateOf(type);
      known.set(type, state);
      return [type, state] as const;
    });
    return Object.fromEntries(states);
  }
}

async function endUnlessGranted(events: EventStream, { mayGoOn }: Asked): Promise<void> {
  // Where it cannot be found out, as with a token's file that cannot be read, it does not go on.
  const granted = await Promise.resolve(mayGoOn()).catch(() => false);
  if (!granted) events.end();
}

/** @returns what ends it. */
function whenSilent(
  events: EventStream,
  { clock, milliseconds, say }: { readonly clock: Clock; readonly milliseconds: number; say(): void },
): () => void {
  let sent = events.sent;
  return every(clock, milliseconds, () => {
    if (events.ready && events.sent === sent) say();
    sent = events.sent;
  });
}
