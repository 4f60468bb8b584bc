import { isUtf8 } from "node:buffer";
import { ScriptFault } from "./finding.ts";

const LF = 0x0a;
const REPLACEMENT = "\ufffd";
/** What no script holds, not even in strings and comments (RFC 5228 section 8.1). */
const FORBIDDEN = /\0|\r(?!\n)/;

/** A script decoded, and what is wrong with its characters. The text reaches as far as the octets can be understood. */
export interface ScriptText {
  readonly text: string;
  readonly fault: ScriptFault | null;
}

/** Decodes a script (RFC 5228 section 2.1: UTF-8). Lone line feeds are line ends too, as many clients send them. */
export function decodeScript(script: Uint8Array): ScriptText {
  const octets = Buffer.from(script.buffer, script.byteOffset, script.byteLength);
  const { text, fault } = decode(octets);
  const forbidden = FORBIDDEN.exec(text);
  if (!forbidden) return { text, fault };
  const message =
    forbidden[0] === "\0" ? "A script cannot hold NUL." : "A carriage return has to be followed by a line feed.";
  return { text: text.slice(0, forbidden.index), fault: new ScriptFault(forbidden.index, message) };
}

function decode(octets: Buffer): ScriptText {
  if (isUtf8(octets)) return { text: octets.toString("utf8"), fault: null };
  const text = octets.toString("utf8", 0, firstInvalid(octets));
  return { text, fault: new ScriptFault(text.length, "The script is not UTF-8 from here on.") };
}

/** @returns where the first octet is that belongs to no character. */
function firstInvalid(octets: Buffer): number {
  let start = 0;
  for (;;) {
    const lf = octets.indexOf(LF, start);
    const end = lf === -1 ? octets.length : lf + 1;
    const line = octets.subarray(start, end);
    if (!isUtf8(line)) return start + firstInvalidOfLine(line);
    start = end;
  }
}

function firstInvalidOfLine(line: Buffer): number {
  let at = 0;
  for (const character of line.toString("utf8")) {
    // A replacement character is either an octet that could not be decoded, or stands in the script itself.
    if (character === REPLACEMENT && line.toString("latin1", at, at + 3) !== "\u00ef\u00bf\u00bd") return at;
    at += Buffer.byteLength(character);
  }
  return at;
}
