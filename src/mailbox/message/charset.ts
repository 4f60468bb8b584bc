import { createRequire } from "node:module";
import { trimWhiteSpace } from "../../protocols/white-space.ts";
import type { CharsetDecoder } from "./charset-decoder.ts";
import { ShiftedDecoder, shiftOf } from "./shifted-charset.ts";

/** Names that TextDecoder does not know for charsets that it does. */
const ALIASES: ReadonlyMap<string, string> = new Map(
  ["iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-3", "iso-2022-jp-ms", "cp50220", "cp50221", "cp50222"].map((name) => [
    name,
    "iso-2022-jp",
  ]),
);

/**
 * By the web's name for a charset, iconv-lite's for what the web means by it (Encoding Standard, section 11): Node's own
 * decoders know half of the Hangul, and nothing of Hong Kong's characters.
 */
const WIDER: ReadonlyMap<string, string> = new Map([
  ["euc-kr", "cp949"],
  ["big5", "big5-hkscs"],
]);

/** Loaded with the first text that needs it: its tables are a tenth of all that a start would read. */
let iconvLite: typeof import("iconv-lite") | undefined;
const require = createRequire(import.meta.url);

/** Of iconv-lite, and no charsets. */
const TRANSFORMS = /^(base64|hex|binary|utf-?7-?imap|_)/;

/** One for text of this charset. One that nobody knows is read as Latin 1, so that its ASCII is right. */
export function charsetDecoder(charset: string): CharsetDecoder {
  const label = trimWhiteSpace(charset).toLowerCase();
  const name = ALIASES.get(label) ?? label;
  const shift = shiftOf(name);
  if (shift) return new ShiftedDecoder(shift);
  return webDecoder(name) ?? iconvDecoder(name) ?? new WebDecoder(new TextDecoder("latin1"));
}

/** Text in one piece. */
export function decodeText(bytes: Buffer, charset: string): string {
  const decoder = charsetDecoder(charset);
  return decoder.write(bytes) + decoder.end();
}

/**
 * Whether octets mean something else by what stands before them, so that two texts cannot be put together: UTF-7 (RFC
 * 2152), and those that shift by escapes (RFC 1468, 1557, 1843, 1922).
 */
export function isStateful(charset: string): boolean {
  return /^(iso-2022-|csiso2022|hz|utf-?7|unicode-1-1-utf-7|cp5022)/i.test(trimWhiteSpace(charset));
}

class WebDecoder implements CharsetDecoder {
  readonly #decoder: TextDecoder;

  constructor(decoder: TextDecoder) {
    this.#decoder = decoder;
  }

  write(bytes: Buffer): string {
    return this.#decoder.decode(bytes, { stream: true });
  }

  end(): string {
    return this.#decoder.decode();
  }
}

/** UTF-16 is left to iconv-lite, which looks at the byte order mark; to the web it is little endian. */
function webDecoder(name: string): CharsetDecoder | null {
  if (name === "utf-16") return null;
  try {
    const decoder = new TextDecoder(name);
    const wider = WIDER.get(decoder.encoding);
    return wider === undefined ? new WebDecoder(decoder) : iconvDecoder(wider);
  } catch {
    return null;
  }
}

function iconvDecoder(name: string): CharsetDecoder | null {
  if (TRANSFORMS.test(name)) return null;
  iconvLite ??= require("iconv-lite") as typeof import("iconv-lite");
  if (!iconvLite.encodingExists(name)) return null;
  const decoder = iconvLite.getDecoder(name);
  const text = { write: (bytes: Buffer) => decoder.write(bytes), end: () => decoder.end() ?? "" };
  return isStateful(name) ? new LinesDecoder(text) : text;
}

/** A line that is longer is cut. */
const LONGEST_LINE = 65_536;

/** Gives whole lines to a decoder: iconv-lite loses what is shifted in UTF-7 where a piece ends behind the shift. */
class LinesDecoder implements CharsetDecoder {
  readonly #decoder: CharsetDecoder;
  #rest: Buffer = Buffer.alloc(0);

  constructor(decoder: CharsetDecoder) {
    this.#decoder = decoder;
  }

  write(bytes: Buffer): string {
    const input = Buffer.concat([this.#rest, bytes]);
    const end = input.length > LONGEST_LINE ? input.length : input.lastIndexOf(0x0a) + 1;
    this.#rest = Buffer.from(input.subarray(end));
    return this.#decoder.write(input.subarray(0, end));
  }

  end(): string {
    return this.#decoder.write(this.#rest) + this.#decoder.end();
  }
}
