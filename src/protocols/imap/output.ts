import type { Wire } from "../protocol.ts";

/** How many octets are gathered before the command that makes them has to wait for the peer. */
const FULL = 65_536;
/** Its octets come next, and belong to the same response. */
const announcedLiteral = /\{\d+\}\r\n$/;

/**
 * What a session is about to say. A command that is carried out over several turns adds to it at any time; it leaves in
 * the session's turns only, in one write.
 */
export class Output {
  #text = "";
  #pieces: Buffer[] = [];
  #octets = 0;
  #inResponse = false;

  /** No more should be added before this has left: see `ImapDialogue.room`. */
  get full(): boolean {
    return this.#octets + this.#text.length >= FULL;
  }

  /** What was said last is the beginning of a response: nothing else can be said before its rest. */
  get inResponse(): boolean {
    return this.#inResponse;
  }

  text(text: string): void {
    if (text === "") return;
    this.#text += text;
    this.#inResponse = !text.endsWith("\r\n") || (text.endsWith("}\r\n") && announcedLiteral.test(text));
  }

  /** Of a literal. */
  octets(octets: Uint8Array): void {
    this.#inResponse = true;
    this.#endText();
    this.#pieces.push(sendable(octets));
    this.#octets += octets.length;
  }

  /** @returns false when the peer reads more slowly than the session writes. */
  flush(wire: Wire): boolean {
    if (this.#pieces.length === 0) {
      const text = this.#text;
      this.#text = "";
      return text === "" || wire.write(text);
    }
    this.#endText();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#octets = 0;
    return wire.write(Buffer.concat(pieces));
  }

  clear(): void {
    this.#text = "";
    this.#pieces = [];
    this.#octets = 0;
  }

  #endText(): void {
    if (this.#text === "") return;
    const octets = Buffer.from(this.#text, "utf8");
    this.#pieces.push(octets);
    this.#octets += octets.length;
    this.#text = "";
  }
}

/** What stands for NUL, which no literal may hold (RFC 3501 section 4.3); one octet for one, so that sizes stay what they are. */
const NUL_SHOWN = 0x80;

/** The octets themselves are their owner's: where one has to be another they are copied. */
function sendable(octets: Uint8Array): Buffer {
  const bytes = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  let nul = bytes.indexOf(0);
  if (nul < 0) return bytes;
  const shown = Buffer.from(bytes);
  for (; nul >= 0; nul = shown.indexOf(0, nul + 1)) shown[nul] = NUL_SHOWN;
  return shown;
}
