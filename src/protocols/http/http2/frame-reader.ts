/** Where frames begin in a stream of octets that comes in pieces of any size. */
import { type Frame, FrameFlag, FrameType, frameAt, HEADER_LENGTH, has } from "./frames.ts";

/** Looks at one frame. Its whole header is there, and of its payload as much as `payload` has. */
export type FrameListener = (frame: Frame, payload: Buffer) => void;

export class FrameReader {
  readonly #seen: FrameListener;
  /** The beginning of a header whose rest is still to come. */
  readonly #header = Buffer.alloc(HEADER_LENGTH);
  #headerLength = 0;
  #payloadLeft = 0;
  /** A block of fields has begun: until its end nothing may come in between (RFC 9113 section 4.3). */
  #inBlock = false;

  /** @param seen called for each frame in turn */
  constructor(seen: FrameListener) {
    this.#seen = seen;
  }

  /** A frame may be put in here. */
  get betweenFrames(): boolean {
    return this.#headerLength === 0 && this.#payloadLeft === 0 && !this.#inBlock;
  }

  read(octets: Buffer): void {
    let at = 0;
    while (at < octets.length) {
      if (this.#payloadLeft > 0) {
        const taken = Math.min(this.#payloadLeft, octets.length - at);
        this.#payloadLeft -= taken;
        at += taken;
      } else at = this.#readHeader(octets, at);
    }
  }

  #readHeader(octets: Buffer, at: number): number {
    if (this.#headerLength === 0 && octets.length - at >= HEADER_LENGTH) {
      this.#begin(frameAt(octets, at), octets, at + HEADER_LENGTH);
      return at + HEADER_LENGTH;
    }
    const copied = octets.copy(this.#header, this.#headerLength, at);
    this.#headerLength += copied;
    if (this.#headerLength === HEADER_LENGTH) {
      this.#headerLength = 0;
      this.#begin(frameAt(this.#header, 0), octets, at + copied);
    }
    return at + copied;
  }

  #begin(frame: Frame, octets: Buffer, at: number): void {
    this.#payloadLeft = frame.length;
    if (frame.type === FrameType.headers || frame.type === FrameType.continuation)
      this.#inBlock = !has(frame, FrameFlag.endHeaders);
    this.#seen(frame, octets.subarray(at, at + frame.length));
  }
}
