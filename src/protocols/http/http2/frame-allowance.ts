/**
 * How many frames that move nothing a client may send. Each of the known floods of HTTP/2 is made of frames that cost the
 * client a few octets, and are allowed one by one: RST_STREAM behind each request (CVE-2023-44487), frames that make the
 * server reset streams (CVE-2025-8671), SETTINGS, PING, empty DATA, PRIORITY, WINDOW_UPDATE for one octet each
 * (CVE-2019-9511 to 9518), CONTINUATION without end (CVE-2024-27316).
 */
import { type Frame, FrameFlag, FrameType, has } from "./frames.ts";

/** At most, and at the beginning. */
export const ALLOWANCE = 4_000;
/** What comes back in a second. */
export const ALLOWANCE_PER_SECOND = 500;
/** A stream that is reset has cost a request, SETTINGS may cost a walk through all streams, and both and PING cost an answer. */
const DEAR = 10;
/** Octets of an answer for which a client may send one more frame: it updates its windows as it reads. */
const OCTETS_A_FRAME = 512;
/** Octets of one block of fields as it comes. One that is larger than `maxHeaderSize` is still read, to be refused alone. */
const MAX_BLOCK = 65_536;
/** Frames of one block beyond the first. */
const MAX_CONTINUATIONS = 8;

export class FrameAllowance {
  readonly #now: () => number;
  readonly #maxBlock: number;
  #left = ALLOWANCE;
  #at: number;
  #blockLength = 0;
  #continuations = 0;

  /**
   * @param maxHeaderSize octets of a request's fields
   * @param now milliseconds
   */
  constructor(maxHeaderSize: number, now: () => number) {
    this.#maxBlock = Math.max(MAX_BLOCK, maxHeaderSize);
    this.#now = now;
    this.#at = now();
  }

  /** The client has sent a frame. @returns whether it may. */
  received(frame: Frame): boolean {
    switch (frame.type) {
      case FrameType.headers:
        this.#blockLength = 0;
        this.#continuations = 0;
        return this.#growBlock(frame);
      case FrameType.continuation:
        this.#continuations++;
        return this.#continuations <= MAX_CONTINUATIONS && this.#growBlock(frame);
      case FrameType.data:
        return frame.length > 0 || has(frame, FrameFlag.endStream) || this.#spend(1);
      case FrameType.resetStream:
      case FrameType.settings:
      case FrameType.ping:
        return this.#spend(DEAR);
      default:
        return this.#spend(1);
    }
  }

  /** The server sends a frame. @returns false when the client has made it send too many. */
  sent(frame: Frame): boolean {
    if (frame.type === FrameType.resetStream) return this.#spend(DEAR);
    if (frame.type !== FrameType.data && frame.type !== FrameType.headers) return true;
    this.#left += frame.length / OCTETS_A_FRAME + (has(frame, FrameFlag.endStream) ? DEAR : 0);
    return true;
  }

  #growBlock({ length }: Frame): boolean {
    this.#blockLength += length;
    return this.#blockLength <= this.#maxBlock;
  }

  #spend(cost: number): boolean {
    const now = this.#now();
    this.#left = Math.min(ALLOWANCE, this.#left + ((now - this.#at) * ALLOWANCE_PER_SECOND) / 1_000) - cost;
    this.#at = now;
    return this.#left >= 0;
  }
}
