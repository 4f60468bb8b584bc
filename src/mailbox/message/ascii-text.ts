import { isAscii } from "node:buffer";
import type { MessagePart } from "../../protocols/mailbox.ts";
import { transferDecoder } from "./transfer-encoding.ts";

/** Charsets in which ASCII is ASCII, by the names that most mail has. */
const HOLDS_ASCII = /^(?:us-ascii|ascii|utf-?8|iso-8859-\d+|latin1|windows-125\d|koi8-[ru])$/i;

/**
 * The text of a body that is ASCII, which most bodies are: it needs neither a decoder of its charset nor pieces. Null where
 * it is not.
 */
export function asciiText({ encoding, parameters }: MessagePart, body: Uint8Array): string | null {
  const charset = parameters.find(([name]) => name === "CHARSET")?.[1] || "utf-8";
  if (!HOLDS_ASCII.test(charset)) return null;
  const octets = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (encoding !== "BASE64" && !isAscii(octets)) return null;
  const decoder = transferDecoder(encoding);
  const decoded = decoder.write(octets);
  const rest = decoder.end();
  const whole = rest.length > 0 ? Buffer.concat([decoded, rest]) : decoded;
  return isAscii(whole) ? whole.toString("latin1") : null;
}
