/**
 * White space of protocols and headers is space and tab (RFC 5234 B.1, WSP). Other characters that Unicode or JavaScript
 * count as space, e.g. U+00A0 and U+3000, are characters as any: names and addresses have them.
 */

/** @param code of a character or an octet. */
export function isWhiteSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Takes white space away from both ends. */
export function trimWhiteSpace(text: string): string {
  return trimWhiteSpaceStart(trimWhiteSpaceEnd(text));
}

export function trimWhiteSpaceStart(text: string): string {
  let start = 0;
  while (start < text.length && isWhiteSpace(text.charCodeAt(start))) start += 1;
  return text.slice(start);
}

export function trimWhiteSpaceEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isWhiteSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
