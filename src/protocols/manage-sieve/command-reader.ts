import { LineReader, type LineStatus } from "../line-reader.ts";
import { isHttpRequest } from "../session/http-request.ts";
import { MOST_WORDS, parseLine, type Word } from "./words.ts";

/** What `next()` found. After the last six nothing more can be read. */
export type CommandStatus =
  /** A whole command is in `words`. */
  | "command"
  /** A whole command that is not made of words; its name, if it has one, is in `words`. The next one can be read. */
  | "malformed"
  /** A whole command with a string longer than it may be, which was dropped; what it has of words is in `words`. */
  | "string-too-long"
  /** The command is not complete yet. */
  | "more"
  /** The peer ended its side; an unfinished command is dropped. */
  | "ended"
  | "line-too-long"
  /** A string so long that it will not be read over. */
  | "literal-too-long"
  | "bare-lf"
  /** A request of HTTP. */
  | "http"
  /** There is no way to know where the command ends: a literal that is not `{n+}`, or a line with NUL or not in UTF-8. */
  | "lost";

/** How long things may be, in octets. */
export interface ReadLimits {
  readonly line: number;
  /** A string that ends a line (literal), given the words before it. */
  readonly literal: (words: readonly Word[]) => number;
  /** A string that is too long is skipped when it is no longer than this. */
  readonly refused: number;
}

/** A literal that is on its way. */
interface Literal {
  /** Null for one that is dropped. */
  readonly octets: Buffer | null;
  filled: number;
  readonly size: number;
}

/**
 * Takes chunks as they come and gives commands, one at a time: a line, or several with literals between them. A literal
 * is kept only when it is not longer than allowed, in memory of exactly its size.
 */
export class CommandReader {
  /** What `next()` announced. */
  words: readonly Word[] = [];

  readonly #lines = new LineReader();
  #words: Word[] = [];
  #literal: Literal | null = null;
  /** A literal has come: what follows is the rest of the same command. */
  #continued = false;
  #malformed = false;
  #tooLong = false;
  #lost = false;

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  /** No chunk will follow. */
  end(): void {
    this.#lines.end();
  }

  /** The peer has ended its side. */
  get ended(): boolean {
    return this.#lines.ended;
  }

  /** Octets that were pushed and not yet read. */
  get buffered(): number {
    return this.#lines.buffered;
  }

  /** What was pushed and not yet read, without taking it; null when there is none. To be asked for after a command only. */
  rest(): Buffer | null {
    return this.#lines.rest();
  }

  /** Forgets all that was pushed and not yet read. */
  clear(): void {
    this.#lines.clear();
    this.#begin();
  }

  /** Reads the next command. */
  next(limits: ReadLimits): CommandStatus {
    if (this.#lost) return "lost";
    for (;;) {
      if (this.#literal && !this.#fill(this.#literal)) return this.#lines.ended ? "ended" : "more";
      const status = this.#lines.next(limits.line);
      if (status !== "line") return this.#withoutLine(status);
      const parsed = parseLine(this.#lines.line, { behindLiteral: this.#continued });
      if (parsed.malformed && isHttpRequest(this.#lines.line)) return this.#lose("http");
      if (parsed.lost) return this.#lose("lost");
      if (!this.#malformed) this.#words.push(...parsed.words);
      if (parsed.malformed || this.#words.length > MOST_WORDS) this.#refuse();
      if (parsed.literal === null) return this.#finish();
      if (!this.#beginLiteral(parsed.literal, limits)) return this.#lose("literal-too-long");
    }
  }

  #withoutLine(status: Exclude<LineStatus, "line">): CommandStatus {
    if (status === "too-long") return "line-too-long";
    return status === "malformed" ? this.#lose("lost") : status;
  }

  #lose(status: CommandStatus): CommandStatus {
    this.clear();
    this.#lost = true;
    return status;
  }

  /** What the command is made of is not kept any longer but for its name, and its end looked for. */
  #refuse(): void {
    this.#malformed = true;
    this.#words = this.#words.slice(0, 1).filter(({ type }) => type === "atom");
  }

  #begin(): void {
    this.#words = [];
    this.#literal = null;
    this.#continued = false;
    this.#malformed = false;
    this.#tooLong = false;
  }

  #finish(): CommandStatus {
    const malformed = this.#malformed;
    const tooLong = this.#tooLong;
    this.words = this.#words;
    this.#begin();
    if (malformed) return "malformed";
    return tooLong ? "string-too-long" : "command";
  }

  /** @returns false when it is too long even to be read over. */
  #beginLiteral(size: number, limits: ReadLimits): boolean {
    this.#continued = true;
    const kept = !this.#malformed && size <= limits.literal(this.#words);
    if (!kept && size > limits.refused) return false;
    if (!kept) this.#tooLong = true;
    this.#literal = { octets: kept ? Buffer.allocUnsafe(size) : null, filled: 0, size };
    return true;
  }

  /** @returns whether the literal is complete. */
  #fill(literal: Literal): boolean {
    const piece = this.#lines.take(literal.size - literal.filled);
    if (piece) {
      literal.octets?.set(piece, literal.filled);
      literal.filled += piece.length;
    }
    if (literal.filled < literal.size) return false;
    this.#literal = null;
    if (literal.octets) this.#words.push({ type: "string", octets: literal.octets });
    return true;
  }
}
