import type { ProxyHeader } from "./proxy-header.ts";
import { ProxyHeaderError } from "./proxy-header-error.ts";
import { decodeVersion1, version1Length } from "./version-1.ts";
import { decodeVersion2, LONGEST_VERSION_2, version2Length } from "./version-2.ts";

export type ProxyHeaderStep =
  /** The header is not complete. */
  | "more"
  /** The header is complete; `rest` is what followed it, a view of the chunk, often empty. */
  | { readonly header: ProxyHeader; readonly rest: Uint8Array }
  /** Not a header: the connection has to be closed. */
  | { readonly error: ProxyHeaderError };

const VERSION_1_FIRST = 0x50;
const VERSION_2_FIRST = 0x0d;
const SMALLEST_HOLD = 128;

/**
 * Reads the header of the PROXY protocol, version 1 or 2, that a trusted proxy sends before anything else (HAProxy's
 * proxy-protocol.txt). A wrong byte is an error as soon as it is read. Holds at most 4,112 octets. Has no
 * time limit of its own: that is `proxyTimeout`.
 */
export class ProxyHeaderReader {
  #held: Buffer | null = null;
  #length = 0;
  #outcome: { readonly header: ProxyHeader } | { readonly error: ProxyHeaderError } | null = null;

  /**
   * Takes the next chunk, which it does not keep. Never throws. After a header everything is `rest`; an error is final.
   */
  feed(chunk: Uint8Array): ProxyHeaderStep {
    if (this.#outcome) return "error" in this.#outcome ? this.#outcome : { ...this.#outcome, rest: chunk };
    const before = this.#length;
    const bytes = before === 0 ? asBuffer(chunk) : this.#hold(chunk);
    try {
      const length = headerLength(bytes);
      if (length === null || bytes.length < length) {
        if (before === 0) this.#hold(chunk);
        return "more";
      }
      const header = decode(bytes.subarray(0, length));
      this.#settle({ header });
      return { header, rest: chunk.subarray(length - before) };
    } catch (error) {
      if (!(error instanceof ProxyHeaderError)) throw error;
      const outcome = { error };
      this.#settle(outcome);
      return outcome;
    }
  }

  /** Appends the part of the chunk that may belong to the header. */
  #hold(chunk: Uint8Array): Buffer {
    const length = Math.min(LONGEST_VERSION_2, this.#length + chunk.length);
    if (!this.#held || this.#held.length < length) {
      const grown = Buffer.allocUnsafe(Math.min(LONGEST_VERSION_2, Math.max(SMALLEST_HOLD, 2 * length)));
      this.#held?.copy(grown, 0, 0, this.#length);
      this.#held = grown;
    }
    this.#held.set(chunk.subarray(0, length - this.#length), this.#length);
    this.#length = length;
    return this.#held.subarray(0, length);
  }

  #settle(outcome: { readonly header: ProxyHeader } | { readonly error: ProxyHeaderError }): void {
    this.#outcome = outcome;
    this.#held = null;
  }
}

/**
 * The length of the whole header in octets; null while it is unknown.
 * @throws ProxyHeaderError as soon as no further byte could make it a header.
 */
function headerLength(bytes: Buffer): number | null {
  switch (bytes[0]) {
    case undefined:
      return null;
    case VERSION_1_FIRST:
      return version1Length(bytes);
    case VERSION_2_FIRST:
      return version2Length(bytes);
    default:
      throw new ProxyHeaderError("signature", "the first byte begins no header of version 1 or 2");
  }
}

function decode(header: Buffer): ProxyHeader {
  return header[0] === VERSION_1_FIRST ? decodeVersion1(header) : decodeVersion2(header);
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
