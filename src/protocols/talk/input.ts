/** What the peer of an asynchronous session has sent, read in lines, blocks or chunks. */
import type { EndCause } from "../../machines/causes.ts";
import { ProtocolContractError } from "../contract-error.ts";
import { LineReader } from "../line-reader.ts";

export interface InputOptions {
  /** Octets of the longest line, its end included; 8,192 by default. A longer one ends the dialogue as `line-too-long`. */
  readonly longestLine?: number;
  /** Octets of the longest block that `octets()` and `blocks()` read; 1,048,576 by default. */
  readonly longestBlock?: number;
  /** `refuse` (the default) lets only CRLF end a line; `accept` takes a lone LF as well. */
  readonly bareLf?: "refuse" | "accept";
  /** `utf8` (the default) ends the dialogue at a line that holds a NUL, a CR or invalid UTF-8; `latin1` takes each octet for a character. */
  readonly encoding?: "utf8" | "latin1";
}

/**
 * What the peer sends. One thing is read at a time, and what nobody has read yet stays with the peer: 64 KiB at most are
 * held.
 *
 * To iterate is to stand at a safe point: where the server drains, the peer has ended its side, or a time limit has passed,
 * the loop simply ends, and `ended` says why. To await `line()` or `octets()` is to be in the midst of something: a drain
 * lets it go on, and what will never come rejects with an `InputEndedError`, which `talk()` need not catch.
 */
export interface TalkInput extends AsyncIterable<string> {
  /** Why nothing more is read: the cause of the connection's end unless `talk()` returns another. Null while the dialogue goes on. */
  readonly ended: EndCause | null;
  /** Aborted when the connection is over: pass it to what `talk()` waits for. */
  readonly signal: AbortSignal;
  /** The lines, without their ends, one at a time. Each is asked for at a safe point. */
  [Symbol.asyncIterator](): AsyncIterator<string>;
  /** Blocks of so many octets each, such as the heads of messages with a length before them. Each begins at a safe point. */
  blocks(octets: number): AsyncIterable<Buffer>;
  /** What comes, as it comes. Each chunk is asked for at a safe point. */
  chunks(): AsyncIterable<Buffer>;
  /** The next line, without its end, of something that has begun. @throws InputEndedError */
  line(): Promise<string>;
  /**
   * So many octets of something that has begun. A count that is no whole number from 0 to `longestBlock` ends the dialogue
   * as `protocol-error`, since it is what the peer has announced. @throws InputEndedError
   */
  octets(count: number): Promise<Buffer>;
  /**
   * So many octets of something that has begun, in chunks as they come, however many there are (literals, bodies). What a
   * loop leaves unread is skipped. @throws InputEndedError
   */
  literal(count: number): AsyncIterable<Buffer>;
}

/** The dialogue is over, so what `talk()` waits for will not come. If `talk()` does not catch it, the connection ends for `endCause`. */
export class InputEndedError extends Error {
  override readonly name = "InputEndedError";
  readonly code = "input-ended";
  readonly endCause: EndCause;

  constructor(endCause: EndCause) {
    super(
      `The dialogue is over (${endCause}): nothing more will be read. Let this error end talk(), or catch it to clean up.`,
    );
    this.endCause = endCause;
  }
}

/** Input beyond this many octets waits until what is there has been read. */
const readAhead = 65_536;

/** Something that is asked for. */
interface Request<T> {
  /** What was asked for; undefined when it is not there yet; a cause when it will never be. */
  attempt(): { readonly value: T } | { readonly cause: EndCause } | undefined;
  /** Whether a drain may end the dialogue here. */
  readonly isSafe: () => boolean;
}

interface Pending extends Request<unknown> {
  settle(result: { readonly value: unknown } | { readonly cause: EndCause }): void;
}

const atSafePoint = (): boolean => true;
const amidst = (): boolean => false;

export class InputQueue implements TalkInput {
  readonly #reader: LineReader;
  readonly #longestLine: number;
  readonly #longestBlock: number;
  readonly #latin1: boolean;
  readonly #asksForMore: () => void;
  #pending: Pending | null = null;
  #ended: EndCause | null = null;
  #draining = false;
  /** The rest of a literal that nobody wants. */
  #toSkip = 0;
  #abort: AbortController | null = null;
  #isOver = false;

  /** @param asksForMore called when something is asked for that is not there yet. */
  constructor(options: InputOptions, asksForMore: () => void) {
    this.#reader = new LineReader(options.bareLf ? { bareLf: options.bareLf } : {});
    this.#longestLine = options.longestLine ?? 8_192;
    this.#longestBlock = options.longestBlock ?? 1_048_576;
    this.#latin1 = options.encoding === "latin1";
    this.#asksForMore = asksForMore;
  }

  // What talk() calls.

  get ended(): EndCause | null {
    return this.#ended;
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      if (this.#isOver) this.#abort.abort();
    }
    return this.#abort.signal;
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    const request = this.#lineRequest(atSafePoint);
    return { next: () => this.#next(request) };
  }

  blocks(octets: number): AsyncIterable<Buffer> {
    return { [Symbol.asyncIterator]: () => ({ next: () => this.#next(this.#blockRequest(octets, atSafePoint)) }) };
  }

  chunks(): AsyncIterable<Buffer> {
    const request = this.#chunkRequest(Number.POSITIVE_INFINITY, atSafePoint);
    return { [Symbol.asyncIterator]: () => ({ next: () => this.#next(request) }) };
  }

  line(): Promise<string> {
    return this.#needed(this.#lineRequest(amidst));
  }

  octets(count: number): Promise<Buffer> {
    return this.#needed(this.#blockRequest(count, amidst));
  }

  literal(count: number): AsyncIterable<Buffer> {
    let left = count;
    const next = async (): Promise<IteratorResult<Buffer, undefined>> => {
      if (left === 0) return { done: true, value: undefined };
      const value = await this.#needed(this.#chunkRequest(left, amidst));
      left -= value.length;
      return { done: false, value };
    };
    const leave = async (): Promise<IteratorResult<Buffer, undefined>> => {
      this.#toSkip = left;
      left = 0;
      return { done: true, value: undefined };
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
  }

  // What the session calls.

  /** Something was asked for that the peer has not sent yet. */
  get isWaiting(): boolean {
    return this.#pending !== null;
  }

  /** Whether more input is welcome. */
  get isHungry(): boolean {
    return this.#pending !== null || this.#reader.buffered < readAhead;
  }

  push(chunk: Uint8Array): void {
    if (this.#ended !== null) return;
    this.#reader.push(chunk);
    this.#serve();
  }

  /** The peer has ended its side. */
  finish(): void {
    this.#reader.end();
    this.#serve();
  }

  /** The dialogue is to end at its next safe point. */
  drain(): void {
    this.#draining = true;
    this.#serve();
  }

  /** Nothing more is read, wherever the dialogue stands. */
  end(cause: EndCause): void {
    this.#ended ??= cause;
    this.#reader.clear();
    this.#serve();
  }

  /** The connection is over. */
  close(cause: EndCause): void {
    this.end(cause);
    this.#isOver = true;
    this.#abort?.abort();
  }

  /** Forgets what was sent in clear before a handshake. */
  forget(): void {
    this.#reader.clear();
    this.#toSkip = 0;
  }

  #serve(): void {
    const pending = this.#pending;
    const result = pending && this.#attempt(pending);
    if (!result) return;
    this.#pending = null;
    pending.settle(result);
  }

  #attempt<T>(request: Request<T>): { readonly value: T } | { readonly cause: EndCause } | undefined {
    if (this.#ended === null && this.#draining && request.isSafe()) this.#ended = "drained";
    if (this.#ended !== null) return { cause: this.#ended };
    if (this.#toSkip > 0) this.#skip();
    const result = request.attempt();
    if (result && "cause" in result) this.end(result.cause);
    return result;
  }

  #ask<T, U>(
    request: Request<T>,
    made: (result: { readonly value: T } | { readonly cause: EndCause }) => U,
  ): Promise<U> {
    if (this.#pending) {
      return Promise.reject(
        new ProtocolContractError("talk() already waits for input. Await each read before the next."),
      );
    }
    const result = this.#attempt(request);
    const promise = new Promise<U>((resolve, reject) => {
      const settle: Pending["settle"] = (settled) => {
        try {
          resolve(made(settled as { readonly value: T }));
        } catch (error) {
          reject(error);
        }
      };
      if (result) settle(result);
      else this.#pending = { attempt: request.attempt, isSafe: request.isSafe, settle };
    });
    // A read that nobody awaits any more, as after Promise.race(), must not end the process.
    promise.catch(() => {});
    if (!result) this.#asksForMore();
    return promise;
  }

  #next<T>(request: Request<T>): Promise<IteratorResult<T, undefined>> {
    return this.#ask(request, (result): IteratorResult<T, undefined> => {
      if ("value" in result) return { done: false, value: result.value };
      // What stands behind the loop is for an orderly end, and must not take a lost connection for one.
      if (this.#isOver) throw new InputEndedError(result.cause);
      return { done: true, value: undefined };
    });
  }

  #needed<T>(request: Request<T>): Promise<T> {
    return this.#ask(request, (result) => {
      if ("value" in result) return result.value;
      throw new InputEndedError(result.cause);
    });
  }

  #lineRequest(isSafe: () => boolean): Request<string> {
    const reader = this.#reader;
    return {
      isSafe,
      attempt: () => {
        switch (reader.next(this.#longestLine)) {
          case "line":
            return { value: reader.line };
          case "more":
            return undefined;
          case "ended":
            return { cause: isSafe() && reader.buffered === 0 ? "quit" : "peer-ended" };
          case "too-long":
            return { cause: "line-too-long" };
          case "malformed":
            return this.#latin1 ? { value: reader.line } : { cause: "protocol-error" };
          case "bare-lf":
            return { cause: "protocol-error" };
        }
      },
    };
  }

  #blockRequest(count: number, isSafe: () => boolean): Request<Buffer> {
    const reader = this.#reader;
    const pieces: Buffer[] = [];
    let left = count;
    const begins = (): boolean => isSafe() && left === count;
    return {
      isSafe: begins,
      attempt: () => {
        if (!Number.isSafeInteger(count) || count < 0 || count > this.#longestBlock) return { cause: "protocol-error" };
        const piece = left > 0 ? reader.take(left) : null;
        if (piece) {
          pieces.push(piece);
          left -= piece.length;
        }
        const [first] = pieces;
        if (left === 0) return { value: first && pieces.length === 1 ? first : Buffer.concat(pieces) };
        return reader.ended ? { cause: begins() ? "quit" : "peer-ended" } : undefined;
      },
    };
  }

  #chunkRequest(most: number, isSafe: () => boolean): Request<Buffer> {
    const reader = this.#reader;
    return {
      isSafe,
      attempt: () => {
        const value = reader.take(most);
        if (value) return { value };
        return reader.ended ? { cause: isSafe() ? "quit" : "peer-ended" } : undefined;
      },
    };
  }

  #skip(): void {
    const skipped = this.#reader.take(this.#toSkip);
    if (skipped) this.#toSkip -= skipped.length;
  }
}
