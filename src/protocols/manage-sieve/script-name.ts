import { isUtf8 } from "node:buffer";

/** What no name holds (RFC 5804 section 1.6). */
const FORBIDDEN = /[\0-\x1f\x7f-\x9f\u2028\u2029]/;

/**
 * Reads the name of a script (RFC 5804 section 1.6). It is brought into normalization form C, as Net-Unicode (RFC 5198)
 * asks, so that a name is the same one from whatever system it was typed.
 * @returns null for octets that cannot be a name; the empty name is one, for SETACTIVE alone.
 */
export function readScriptName(octets: Buffer): string | null {
  if (!isUtf8(octets)) return null;
  const name = octets.toString("utf8").normalize("NFC");
  return FORBIDDEN.test(name) ? null : name;
}
