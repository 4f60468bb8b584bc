/** Content-Transfer-Encodings (RFC 2045 6) undone, a chunk at a time. What is not of the encoding is left out. */

export interface TransferDecoder {
  write(bytes: Buffer): Buffer;
  end(): Buffer;
}

const NOTHING = Buffer.alloc(0);
const EQUALS = 0x3d;
const LF = 0x0a;
const CR = 0x0d;

/** @param encoding In upper case, as a part has it. */
export function transferDecoder(encoding: string): TransferDecoder {
  if (encoding === "BASE64") return new Base64Decoder();
  if (encoding === "QUOTED-PRINTABLE") return new QuotedPrintableDecoder();
  return { write: (bytes) => bytes, end: () => NOTHING };
}

class Base64Decoder implements TransferDecoder {
  /** Characters, less than four, whose octets are not complete. */
  #rest = "";

  write(bytes: Buffer): Buffer {
    // Padding within ends one run of base64 and begins another.
    const text = this.#rest + bytes.toString("latin1").replace(/[^A-Za-z0-9+/=]+/g, "");
    const runs = text.split(/=+/);
    this.#rest = "";
    const last = runs.pop() ?? "";
    const whole = last.length - (last.length % 4);
    this.#rest = last.slice(whole);
    return Buffer.concat([...runs, last.slice(0, whole)].map((run) => Buffer.from(run, "base64")));
  }

  end(): Buffer {
    return Buffer.from(this.#rest, "base64");
  }
}

class QuotedPrintableDecoder implements TransferDecoder {
  /** `=` and what may follow it. */
  #rest: Buffer = NOTHING;

  write(bytes: Buffer): Buffer {
    const input = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    const last = input.lastIndexOf(EQUALS);
    // Three octets belong together, and white space may stand behind the sign at a line's end.
    const cut = last >= 0 && !isComplete(input, last) ? last : input.length;
    this.#rest = Buffer.from(input.subarray(cut));
    return decodeQuoted(input.subarray(0, cut));
  }

  end(): Buffer {
    return decodeQuoted(this.#rest);
  }
}

/** Longest white space between `=` and the end of its line. */
const PADDING = 1000;

function isComplete(input: Buffer, at: number): boolean {
  const rest = input.subarray(at + 1, at + 1 + PADDING);
  if (rest.length >= PADDING) return true;
  if (rest.length >= 2 && octetOf(rest, 0) >= 0) return true;
  for (const octet of rest) {
    if (octet === LF) return true;
    if (octet !== CR && octet !== 0x20 && octet !== 0x09) return rest.length >= 2;
  }
  return false;
}

function decodeQuoted(input: Buffer): Buffer {
  const output = Buffer.allocUnsafe(input.length);
  let length = 0;
  let at = 0;
  while (at < input.length) {
    let next = input.indexOf(EQUALS, at);
    if (next < 0) next = input.length;
    length += input.copy(output, length, at, next);
    if (next === input.length) break;
    const octet = octetOf(input, next + 1);
    if (octet >= 0) output[length++] = octet;
    at = octet >= 0 ? next + 3 : afterSoftBreak(input, next);
    if (at === next) {
      output[length++] = EQUALS;
      at += 1;
    }
  }
  return output.subarray(0, length);
}

/** What two hexadecimal digits mean; -1 where there are none. */
function octetOf(input: Buffer, at: number): number {
  const [high, low] = [digitOf(input[at]), digitOf(input[at + 1])];
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function digitOf(octet: number | undefined): number {
  if (octet === undefined) return -1;
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const letter = octet | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

/** @returns where the next line begins; `at` where this is no soft line break. */
function afterSoftBreak(input: Buffer, at: number): number {
  let end = at + 1;
  const longest = Math.min(input.length, at + PADDING);
  while (end < longest && (input[end] === 0x20 || input[end] === 0x09 || input[end] === CR)) end += 1;
  if (end === input.length || input[end] === LF) return Math.min(input.length, end + 1);
  return at;
}
