import { beginsHttpRequest, isHttpRequest } from "../../session/http-request.ts";
import { trimWhiteSpaceEnd } from "../../white-space.ts";
import type { AppendCommand, Command } from "./command.ts";
import { complaints } from "./complaints.ts";
import type { GrammarLimits } from "./limits.ts";
import { type LiteralMarker, LONGEST_MARKER, readLiteralMarker } from "./literal-marker.ts";
import { OctetCollector } from "./octet-collector.ts";
import { OctetInput } from "./octet-input.ts";
import { parseBeforeLiteral, parseCommand, readTag } from "./parse-command.ts";
import { ParseFault } from "./parse-fault.ts";
import type { CommandError, ReadResult } from "./read-result.ts";

const CR = 0x0d;
/** What no line of a command holds. */
const FORBIDDEN = /[\0\r]/;
/** A tag that is longer is none. */
const TAG_PREVIEW = 160;

const MORE: ReadResult = Object.freeze({ type: "more" });
const ENDED: ReadResult = Object.freeze({ type: "ended" });
const CONTINUATION: ReadResult = Object.freeze({ type: "continuation" });
const MESSAGE_END: ReadResult = Object.freeze({ type: "message-end" });

/** What the next octets are. */
type Place =
  | "line"
  | "literal"
  /** The caller has not said yet whether it wants the message. */
  | "before-message"
  | "message"
  | "after-message"
  | "skipped-line"
  | "skipped-literal"
  | "failed";

/**
 * Takes chunks as they come and gives commands, one at a time and without a promise. What the caller does with each
 * result is in `read-result.ts`. Of a command that is not complete no more is held than the limits allow; the message of
 * APPEND is never held.
 *
 * Lines end with CRLF. A bare LF ends the reading, as it is then no longer known what others on the way took for a line. A
 * command that is wrong is read to its end, so that the next one is found; what the client sends unasked (RFC 7888) is
 * skipped.
 */
export class CommandReader {
  /** May be changed between two commands, as at login. */
  limits: GrammarLimits;

  #place: Place = "line";
  readonly #input = new OctetInput();
  #ended = false;
  /** The unfinished literal. */
  readonly #literal = new OctetCollector();
  /** The lines of the command so far, each with the line end after its `{n}`. */
  #text = "";
  #literals: Buffer[] = [];
  #literalOctets = 0;
  /** Octets of the literal or message that have not come yet. */
  #remaining = 0;
  /** Octets of a wrong command that were skipped, or will be. */
  #skipped = 0;
  /** The end of the line that is skipped. */
  #tail = "";
  /** What is said once the wrong command has been skipped; null for nothing. */
  #fault: CommandError | null = null;
  /** The APPEND whose message is read. */
  #append: { readonly tag: string; readonly synchronizing: boolean } | null = null;
  /** The longest line that is no command, while such lines are read. */
  #lineLimit: number | null = null;

  constructor(limits: GrammarLimits) {
    this.limits = limits;
  }

  /** Octets that were pushed and not yet read, with what is held of a command that is not complete. */
  get buffered(): number {
    return this.#input.length + this.#literal.length + this.#text.length + this.#literalOctets;
  }

  /** The peer has ended its side. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Adds a chunk, which belongs to the reader from here on. */
  push(chunk: Uint8Array): void {
    if (this.#place !== "failed") this.#input.push(chunk);
  }

  /** The peer has ended its side: no chunk will follow. */
  end(): void {
    this.#ended = true;
  }

  /** Forgets all that was pushed and not yet read: after STARTTLS, and at the end. */
  clear(): void {
    this.#input.clear();
    this.#begin();
  }

  /** What was pushed and not yet read, without taking it; null when there is none. To be asked for after a command only. */
  rest(): Buffer | null {
    return this.#input.rest();
  }

  next(): ReadResult {
    this.#lineLimit = null;
    return this.#read();
  }

  /**
   * Reads a line that is no command: a response of AUTHENTICATE (RFC 3501 section 6.2.2), or DONE (RFC 2177). To be called
   * between commands.
   * @param limit octets of the longest line, line end included.
   */
  nextLine(limit: number): ReadResult {
    this.#lineLimit = limit;
    return this.#read();
  }

  /** After `append`: the message is to be read; `next()` gives it in chunks. */
  acceptMessage(): void {
    if (this.#place === "before-message") this.#place = "message";
  }

  /**
   * After `append`: the message is not wanted, and the caller answers the command. A synchronising literal will not be sent,
   * so that the next command follows. Any other is skipped, without a result of its own unless there is more of it than
   * `limits.skipped`: then `next()` gives an error without a tag that ends the session.
   */
  refuseMessage(): void {
    if (this.#place !== "before-message") return;
    const size = this.#remaining;
    const synchronizing = this.#append?.synchronizing ?? true;
    this.#begin();
    if (!synchronizing) this.#skipLiteral(size);
  }

  #read(): ReadResult {
    for (;;) {
      const result = this.#step();
      if (result) return result;
    }
  }

  /** @returns null when there may be more to do. */
  #step(): ReadResult | null {
    switch (this.#place) {
      case "line":
        return this.#lineLimit === null ? this.#readCommandLine() : this.#readPlainLine(this.#lineLimit);
      case "literal":
        return this.#readLiteral();
      case "before-message":
        return MORE;
      case "message":
        return this.#readMessage();
      case "after-message":
        return this.#readAfterMessage();
      case "skipped-line":
        return this.#skipLine();
      case "skipped-literal":
        return this.#skipOctets();
      case "failed":
        return this.#fault ?? ENDED;
    }
  }

  #readCommandLine(): ReadResult | null {
    const line = this.#takeLine(this.limits.line - this.#text.length);
    if (typeof line !== "string") return line;
    const marker = readLiteralMarker(line);
    this.#text = this.#text === "" ? line : this.#text + line;
    if (FORBIDDEN.test(line)) return this.#refuse(complaints.malformedLine(readTag(this.#text)), marker);
    try {
      return marker ? this.#announced(marker) : this.#complete();
    } catch (error) {
      if (!(error instanceof ParseFault)) throw error;
      return this.#refuse(complaints.of(error, readTag(this.#text)), marker);
    }
  }

  /** The line is no part of a command. */
  #refuse(error: CommandError, marker: LiteralMarker | null): ReadResult | null {
    return isHttpRequest(this.#text) ? this.#fail(complaints.notHttp, "protocol-error") : this.#complain(error, marker);
  }

  #complete(): ReadResult {
    const command: Command = parseCommand({ text: this.#text, literals: this.#literals }, this.limits);
    this.#begin();
    return { type: "command", command };
  }

  /** A literal comes next. */
  #announced(marker: LiteralMarker): ReadResult | null {
    const { size, synchronizing } = marker;
    const append = this.#readBeforeLiteral();
    if (append) {
      this.#begin();
      this.#place = "before-message";
      this.#remaining = size;
      this.#append = { tag: append.tag, synchronizing };
      return { type: "append", command: append, synchronizing };
    }
    if (size > this.limits.literal || this.#literalOctets + size > this.limits.literals) {
      return this.#complain(complaints.literalTooLarge(readTag(this.#text)), marker);
    }
    this.#text += "\r\n";
    this.#literalOctets += size;
    this.#remaining = size;
    this.#place = "literal";
    return synchronizing ? CONTINUATION : null;
  }

  /** The message of APPEND is its first or second literal: at further ones there is no need for a look at all before them. */
  #readBeforeLiteral(): AppendCommand | null {
    if (this.#literals.length > 1) return null;
    return parseBeforeLiteral({ text: this.#text, literals: this.#literals }, this.limits);
  }

  #readLiteral(): ReadResult | null {
    if (this.#remaining > 0) {
      const octets = this.#takeOctets();
      if (!octets) return this.#starved();
      this.#literal.add(octets);
      if (this.#remaining > 0) return null;
    }
    this.#literals.push(this.#literal.take());
    this.#place = "line";
    return null;
  }

  #readMessage(): ReadResult | null {
    if (this.#remaining === 0) {
      this.#place = "after-message";
      return null;
    }
    const chunk = this.#takeOctets();
    return chunk ? { type: "message", chunk } : this.#starved();
  }

  #readAfterMessage(): ReadResult | null {
    const line = this.#takeLine(this.limits.line);
    if (typeof line !== "string") return line;
    const tag = this.#append?.tag ?? null;
    if (trimWhiteSpaceEnd(line) !== "") return this.#complain(complaints.afterMessage(tag), readLiteralMarker(line));
    this.#begin();
    return MESSAGE_END;
  }

  #readPlainLine(limit: number): ReadResult | null {
    const line = this.#takeLine(limit);
    if (typeof line !== "string") return line;
    this.#begin();
    return FORBIDDEN.test(line) ? complaints.malformedLine(null) : { type: "line", line };
  }

  /**
   * Takes a line, in Latin-1 and without its end.
   * @returns what `step` returns where there is none.
   */
  #takeLine(limit: number): string | ReadResult | null {
    const octets = this.#input.takeLine(limit);
    if (octets === null) return this.#starved();
    if (octets === "too-long") {
      const beginning = this.#input.peek(TAG_PREVIEW);
      if (beginsHttpRequest(beginning)) return this.#fail(complaints.notHttp, "protocol-error");
      this.#fault = complaints.lineTooLong(this.#tag(beginning));
      this.#skip();
      return null;
    }
    const end = octets.length - 2;
    if (octets[end] === CR) return octets.toString("latin1", 0, end);
    const line = octets.toString("latin1", 0, end + 1);
    return isHttpRequest(line) ? this.#fail(complaints.notHttp, "protocol-error") : this.#bareLineFeed(this.#tag(line));
  }

  /** The tag of the command that the line belongs to. */
  #tag(line: string): string | null {
    if (this.#lineLimit !== null) return null;
    return this.#append?.tag ?? readTag(this.#text === "" ? line : this.#text);
  }

  /** Takes what is there of a literal or message; null when there is nothing. */
  #takeOctets(): Buffer | null {
    const octets = this.#input.take(this.#remaining);
    if (octets) this.#remaining -= octets.length;
    return octets;
  }

  #starved(): ReadResult {
    return this.#ended ? ENDED : MORE;
  }

  /** The command is wrong, and its line is read. Answers now, or once what the client sends unasked has been skipped. */
  #complain(error: CommandError, marker: LiteralMarker | null): ReadResult | null {
    this.#begin();
    if (!marker || marker.synchronizing) return error;
    this.#fault = error;
    this.#skipLiteral(marker.size);
    return null;
  }

  #skip(): void {
    this.#text = "";
    this.#literals = [];
    this.#literalOctets = 0;
    this.#tail = "";
    this.#place = "skipped-line";
  }

  #skipLiteral(size: number): void {
    this.#skipped += size;
    this.#remaining = size;
    this.#place = "skipped-literal";
  }

  #skipOctets(): ReadResult | null {
    if (this.#skipped > this.limits.skipped) return this.#tooMuchToSkip();
    if (this.#remaining > 0 && !this.#takeOctets()) return this.#starved();
    if (this.#remaining === 0) this.#skip();
    return null;
  }

  /** Reads the line to its end, which says whether another literal is to be skipped. */
  #skipLine(): ReadResult | null {
    const piece = this.#input.takePiece();
    if (!piece) return this.#starved();
    this.#skipped += piece.length;
    this.#tail = (this.#tail + piece.toString("latin1", Math.max(0, piece.length - LONGEST_MARKER))).slice(
      -LONGEST_MARKER,
    );
    if (this.#skipped > this.limits.skipped) return this.#tooMuchToSkip();
    if (!this.#tail.endsWith("\n")) return null;
    if (!this.#tail.endsWith("\r\n")) return this.#bareLineFeed(this.#fault?.tag ?? null);
    const marker = this.#lineLimit === null ? readLiteralMarker(this.#tail.slice(0, -2)) : null;
    if (marker && !marker.synchronizing) {
      this.#skipLiteral(marker.size);
      return null;
    }
    const fault = this.#fault;
    this.#begin();
    return fault;
  }

  /** A command begins with the next octet. */
  #begin(): void {
    this.#place = "line";
    this.#literal.clear();
    this.#text = "";
    if (this.#literals.length > 0) this.#literals = [];
    this.#literalOctets = 0;
    this.#remaining = 0;
    this.#skipped = 0;
    this.#tail = "";
    this.#fault = null;
    this.#append = null;
  }

  #tooMuchToSkip(): CommandError {
    return this.#fail(this.#fault ?? complaints.tooMuchToSkip, "line-too-long");
  }

  #bareLineFeed(tag: string | null): CommandError {
    return this.#fail(complaints.bareLineFeed(tag), "protocol-error");
  }

  /** Nothing more is read until `clear()`. */
  #fail(error: CommandError, ends: NonNullable<CommandError["ends"]>): CommandError {
    this.clear();
    this.#place = "failed";
    this.#fault = { ...error, ends };
    return this.#fault;
  }
}
