/**
 * What other programs have sent, for pages that come later or come back: the newest messages, and each actor as it was
 * before the first of them.
 */
import type { Frame } from "./frames.ts";
import type { ReceivedMessage } from "./received-message.ts";

/** Messages that are kept, and their characters in all. */
const mostMessages = 10_000;
const mostCharacters = 33_554_432;
/** Actors that are kept although their first messages are not; their characters are bounded as those of messages. */
const mostActors = 5_000;

/** One message for the pages. */
export interface LogLine {
  /** JSON. */
  readonly text: string;
  readonly client: number;
  readonly type: ReceivedMessage["type"] | "gatehouse.client";
  /** Empty for the client itself. */
  readonly sessionId: string;
  /** Nothing follows of this actor, or of this client. */
  readonly isEnd: boolean;
}

export class ReceivedLog {
  /** Connected programs whose arrival is forgotten. */
  readonly #clients = new Map<number, LogLine>();
  readonly #old = new OldActors();
  #lines: LogLine[] = [];
  /** Where the kept lines begin; the array is cut now and then. */
  #first = 0;
  #characters = 0;
  #number = 0;

  arrived(client: number, { fields, type, sessionId, isEnd }: ReceivedMessage): LogLine {
    return this.#keep({ ...fields, client }, { client, type, sessionId, isEnd });
  }

  /** A program has connected, or has gone. */
  client(client: number, connected: boolean): LogLine {
    const type = "gatehouse.client";
    return this.#keep({ type, client, connected }, { client, type, sessionId: "", isEnd: !connected });
  }

  /** All that is known, in order. A page skips by the numbers what it has already. */
  *lines(): Generator<LogLine> {
    yield* this.#clients.values();
    yield* this.#old.lines();
    for (let at = this.#first; at < this.#lines.length; at += 1) {
      const line = this.#lines[at];
      if (line) yield line;
    }
  }

  #keep(fields: object, facts: Omit<LogLine, "text">): LogLine {
    this.#number += 1;
    const line = { ...facts, text: JSON.stringify({ ...fields, number: this.#number }) };
    this.#lines.push(line);
    this.#characters += line.text.length;
    while (this.#lines.length - this.#first > mostMessages || this.#characters > mostCharacters) this.#forgetFirst();
    return line;
  }

  #forgetFirst(): void {
    const line = this.#lines[this.#first];
    if (!line) return;
    this.#first += 1;
    this.#characters -= line.text.length;
    if (this.#first > mostMessages) {
      this.#lines = this.#lines.slice(this.#first);
      this.#first = 0;
    }
    if (line.type !== "gatehouse.client") this.#old.take(line);
    else if (line.isEnd) {
      this.#clients.delete(line.client);
      this.#old.forgetClient(line.client);
    } else this.#clients.set(line.client, line);
  }
}

interface OldActor {
  readonly actor: LogLine;
  snapshot: LogLine | null;
}

/** What of the forgotten lines is still true. */
class OldActors {
  readonly #actors = new Map<string, OldActor>();
  #characters = 0;

  take(line: LogLine): void {
    const key = `${line.client} ${line.sessionId}`;
    const old = this.#actors.get(key);
    if (line.type === "@xstate.event" || (line.type === "@xstate.snapshot" && !old)) return;
    this.#drop(key);
    if (line.isEnd) return;
    this.#put(
      key,
      old && line.type === "@xstate.snapshot" ? { ...old, snapshot: line } : { actor: line, snapshot: null },
    );
    while (this.#actors.size > mostActors || this.#characters > mostCharacters) {
      const [oldest] = this.#actors.keys();
      if (oldest === undefined) return;
      this.#drop(oldest);
    }
  }

  *lines(): Generator<LogLine> {
    for (const { actor, snapshot } of this.#actors.values()) {
      yield actor;
      if (snapshot) yield snapshot;
    }
  }

  forgetClient(client: number): void {
    for (const [key, { actor }] of this.#actors) if (actor.client === client) this.#drop(key);
  }

  #put(key: string, old: OldActor): void {
    this.#actors.set(key, old);
    this.#characters += charactersOf(old);
  }

  #drop(key: string): void {
    const old = this.#actors.get(key);
    if (!old) return;
    this.#actors.delete(key);
    this.#characters -= charactersOf(old);
  }
}

function charactersOf({ actor, snapshot }: OldActor): number {
  return actor.text.length + (snapshot?.text.length ?? 0);
}

const none: Frame["definitions"] = new Set();

/** Lines as a frame. */
export function logFrame(lines: readonly LogLine[]): Frame {
  return { text: `[${lines.map(({ text }) => text).join(",")}]`, count: lines.length, definitions: none };
}
