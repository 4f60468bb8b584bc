import type { Wire } from "../protocol.ts";

/** How many octets are gathered before the command that makes them has to wait for the peer. */
const FULL = 65_536;
/** Its octets come next, and belong to the same response. */
const announcedLiteral = /\{\d+\}\r\n$/;

/** Octets that are made room for at first. */
const SMALLEST = 4096;
/** UTF-8 has at most three octets for a unit of a string. */
const OCTETS_OF_UNIT = 3;

/**
 * What a session is about to say. A command that is carried out over several turns adds to it at any time; it leaves in
 * the session's turns only, in one write.
 *
 * Text alone stays text. Once octets have come, all is copied into one buffer as it comes: pieces that are joined
 * at the end would be as many objects, and a second copy.
 */
export class Output {
  #text = "";
  #buffer: Buffer | null = null;
  /** Octets in the buffer. */
  #octets = 0;
  /** What was said last; null for octets of a literal. */
  #last: string | null = "\r\n";

  /** No more should be added before this has left: see `ImapDialogue.room`. */
  get full(): boolean {
    return this.#octets + this.#text.length >= FULL;
  }

  /** What was said last is the beginning of a response: nothing else can be said before its rest. */
  get inResponse(): boolean {
    return this.#last === null || !this.#last.endsWith("\r\n") || announcedLiteral.test(this.#last);
  }

  text(text: string): void {
    if (text === "") return;
    this.#text += text;
    this.#last = text;
  }

  /** Of a literal. */
  octets(octets: Uint8Array): void {
    this.#last = null;
    const buffer = this.#endText(octets.length);
    buffer.set(octets, this.#octets);
    showNul(buffer.subarray(this.#octets, this.#octets + octets.length));
    this.#octets += octets.length;
  }

  /** @returns false when the peer reads more slowly than the session writes. */
  flush(wire: Wire): boolean {
    if (this.#buffer === null) {
      const text = this.#text;
      this.#text = "";
      return text === "" || wire.write(text);
    }
    const buffer = this.#endText(0);
    const said = buffer.subarray(0, this.#octets);
    this.#buffer = null;
    this.#octets = 0;
    return wire.write(said);
  }

  clear(): void {
    this.#text = "";
    this.#buffer = null;
    this.#octets = 0;
  }

  /** Puts the text into the buffer. @returns the buffer, with room for so many octets more. */
  #endText(more: number): Buffer {
    const text = this.#text;
    const buffer = this.#roomFor(text.length * OCTETS_OF_UNIT + more);
    this.#octets += buffer.write(text, this.#octets, "utf8");
    this.#text = "";
    return buffer;
  }

  #roomFor(octets: number): Buffer {
    const needed = this.#octets + octets;
    if (this.#buffer && this.#buffer.length >= needed) return this.#buffer;
    // Twice as much each time, so that each octet is copied about once on the way to a full output.
    const buffer = Buffer.allocUnsafeSlow(Math.max(needed, 2 * (this.#buffer?.length ?? SMALLEST / 2)));
    this.#buffer?.copy(buffer, 0, 0, this.#octets);
    this.#buffer = buffer;
    return buffer;
  }
}

/** What stands for NUL, which no literal may hold (RFC 3501 section 4.3); one octet for one, so that sizes stay what they are. */
const NUL_SHOWN = 0x80;

function showNul(octets: Buffer): void {
  for (let nul = octets.indexOf(0); nul >= 0; nul = octets.indexOf(0, nul + 1)) octets[nul] = NUL_SHOWN;
}
