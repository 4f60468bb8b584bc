/**
 * Charsets that shift between ASCII and two octets for a character, and that no decoder at hand knows: ISO-2022-KR (RFC
 * 1557), ISO-2022-CN (RFC 1922, without the planes of CNS 11643 beyond the first) and HZ (RFC 1843). With the high bit set,
 * what is shifted is a charset that is known.
 */
import type { CharsetDecoder } from "./charset-decoder.ts";

export interface Shift {
  /** What the shifted octets are with their high bits set. */
  readonly shifted: string;
  /** Shifts by `~{` and `~}`; else by SO and SI. */
  readonly tilde: boolean;
}

const SHIFTS: ReadonlyMap<string, Shift> = new Map([
  ["iso-2022-kr", { shifted: "euc-kr", tilde: false }],
  ["csiso2022kr", { shifted: "euc-kr", tilde: false }],
  ["iso-2022-cn", { shifted: "gb18030", tilde: false }],
  ["iso-2022-cn-ext", { shifted: "gb18030", tilde: false }],
  ["hz", { shifted: "gb18030", tilde: true }],
  ["hz-gb-2312", { shifted: "gb18030", tilde: true }],
]);

const ESCAPE = 0x1b;
const SHIFT_OUT = 0x0e;
const SHIFT_IN = 0x0f;
const LF = 0x0a;
const TILDE = 0x7e;
const OPEN = 0x7b;
const CLOSE = 0x7d;

export function shiftOf(charset: string): Shift | undefined {
  return SHIFTS.get(charset);
}

export class ShiftedDecoder implements CharsetDecoder {
  readonly #decoder: TextDecoder;
  readonly #tilde: boolean;
  #isShifted = false;
  /** Octets of an escape sequence that have been read: ESC and two more, or `~` and one. */
  #escape = 0;

  constructor({ shifted, tilde }: Shift) {
    this.#decoder = new TextDecoder(shifted);
    this.#tilde = tilde;
  }

  write(bytes: Buffer): string {
    const plain = Buffer.allocUnsafe(bytes.length);
    let length = 0;
    for (const octet of bytes) {
      const shown = this.#tilde ? this.#afterTilde(octet) : this.#afterEscape(octet);
      if (shown >= 0) plain[length++] = shown;
    }
    return this.#decoder.decode(plain.subarray(0, length), { stream: true });
  }

  end(): string {
    return this.#decoder.decode();
  }

  /** @returns the octet to decode; -1 for none. */
  #afterEscape(octet: number): number {
    if (this.#escape > 0) {
      // `ESC $ ) C` says what is shifted to, which the charset's name has said already.
      this.#escape = this.#escape === 3 ? 0 : this.#escape + 1;
      return -1;
    }
    if (octet === ESCAPE) this.#escape = 1;
    else if (octet === SHIFT_OUT) this.#isShifted = true;
    else if (octet === SHIFT_IN) this.#isShifted = false;
    else return this.#shown(octet);
    return -1;
  }

  #afterTilde(octet: number): number {
    if (this.#escape === 0 && octet === TILDE) {
      this.#escape = 1;
      return -1;
    }
    if (this.#escape === 0) return this.#shown(octet);
    this.#escape = 0;
    if (octet === OPEN) this.#isShifted = true;
    else if (octet === CLOSE) this.#isShifted = false;
    else if (octet === TILDE) return TILDE;
    else if (octet !== LF) return this.#shown(octet);
    return -1;
  }

  /** A line begins in ASCII. */
  #shown(octet: number): number {
    if (octet === LF) this.#isShifted = false;
    return this.#isShifted && octet > 0x20 && octet < 0x7f ? octet | 0x80 : octet;
  }
}
