import type { GrammarLimits } from "./limits.ts";
import type { ReadResult } from "./read-result.ts";

/**
 * Takes chunks as they come and gives commands, one at a time and without a promise.
 * The contract is in `read-result.ts`.
 */
export class CommandReader {
  limits: GrammarLimits;

  constructor(limits: GrammarLimits) {
    this.limits = limits;
  }

  /** Octets that were pushed and not yet read, with what is held of a command that is not complete. */
  get buffered(): number {
    return 0;
  }

  /** Adds a chunk, which belongs to the reader from here on. */
  push(_chunk: Uint8Array): void {}

  /** The peer has ended its side: no chunk will follow. */
  end(): void {}

  /** Forgets all that was pushed and not yet read: after STARTTLS, and at the end. */
  clear(): void {}

  next(): ReadResult {
    return { type: "more" };
  }

  /** Reads one line that is no command: a response of AUTHENTICATE (RFC 3501 section 6.2.2), or DONE (RFC 2177). */
  nextLine(_limit: number): ReadResult {
    return { type: "more" };
  }

  /** After `append`: the message is to be read; `next()` gives it in chunks. */
  acceptMessage(): void {}

  /**
   * After `append`: the message is not wanted. A synchronising literal is never sent then, and the next command follows;
   * any other is skipped with the rest of its command, without a further result unless it is larger than `limits.skipped` (fatal error).
   * The caller answers the command.
   */
  refuseMessage(): void {}
}
