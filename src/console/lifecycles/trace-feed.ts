/** What connections do, step by step. */
import { EventFeed, type Liveness } from "../wire/event-feed.ts";
import type { RecordingLine } from "../wire/recording.ts";
import { ConnectionLog } from "./connection-log.ts";

export type Traced =
  | { readonly trace: "connection"; readonly id: string }
  /** Listener undefined: any. */
  | { readonly trace: "next" | "failing"; readonly listener?: string }
  | { readonly trace: "sample"; readonly listener?: string; readonly oneIn: string };

interface TraceOptions {
  readonly traced: Traced;
  /** Something has come. */
  changed(): void;
  loggedOut(): void;
}

/** Connections of a sample that are kept. */
const mostLogs = 50;

export class TraceFeed {
  readonly traced: Traced;
  readonly #changed: () => void;
  readonly #feed: EventFeed;
  #logs: readonly ConnectionLog[] = [];
  readonly #bySession = new Map<string, ConnectionLog>();
  #liveness: Liveness = { kind: "live" };
  #isFollowed = false;
  #isGone = false;

  constructor({ traced, changed, loggedOut }: TraceOptions) {
    this.traced = traced;
    this.#changed = changed;
    this.#feed = new EventFeed({
      query: { ...traced },
      on: {
        trace: (data) => this.#take(data as readonly RecordingLine[]),
        traced: (data) => this.#ended((data as { readonly reason: string }).reason),
      },
      onlyInSight: false,
      opened: () => {
        this.#isFollowed = true;
        changed();
      },
      liveness: (now) => {
        this.#liveness = now;
        changed();
      },
      loggedOut,
    });
  }

  /** The newest last. */
  get logs(): readonly ConnectionLog[] {
    return this.#logs;
  }

  get isLost(): boolean {
    return this.#liveness.kind === "lost";
  }

  /** The server looks out for what is traced. */
  get isFollowed(): boolean {
    return this.#isFollowed;
  }

  /** The connection had ended before it could be watched. */
  get isGone(): boolean {
    return this.#isGone;
  }

  start(): void {
    this.#feed.start();
  }

  stop(): void {
    this.#feed.stop();
  }

  #take(lines: readonly RecordingLine[]): void {
    for (const line of lines) {
      if (line.type === "gap" && line.session === null) for (const log of this.#logs) log.take(line);
      else this.#logOf(line)?.take(line);
    }
    this.#changed();
  }

  #logOf(line: RecordingLine): ConnectionLog | undefined {
    const session = line.session ?? "";
    if (line.type !== "actor") return this.#bySession.get(session);
    const id = line.name.slice(line.name.indexOf(":") + 1);
    let log = this.#logs.find((one) => one.id === id);
    if (!log) {
      log = new ConnectionLog(id);
      this.#logs = [...this.#logs, log].slice(-mostLogs);
    }
    this.#bySession.set(session, log);
    return log;
  }

  #ended(reason: string): void {
    this.#isGone = reason === "gone";
    this.stop();
    this.#changed();
  }
}
