/** `{310}` or `{310+}` at the end of a line: so many octets follow it (RFC 3501 section 4.3, RFC 7888). */
export interface LiteralMarker {
  /** Infinity where the number is beyond all bounds. */
  readonly size: number;
  /** The client waits for `+` before it sends the octets. */
  readonly synchronizing: boolean;
}

/** Octets at the end of a line that are enough to recognise any literal that could be skipped. */
export const LONGEST_MARKER = 32;

const CLOSING_BRACE = 0x7d;
const MARKER = /\{(\d+)(\+?)\}$/;

/** @param text a line, or at least its last `LONGEST_MARKER` octets, without the line end. */
export function readLiteralMarker(text: string): LiteralMarker | null {
  if (text.charCodeAt(text.length - 1) !== CLOSING_BRACE) return null;
  const match = MARKER.exec(text);
  return match && { size: Number(match[1]), synchronizing: match[2] === "" };
}
