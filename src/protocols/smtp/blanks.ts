/** White space of the protocol: SP and HTAB alone (RFC 5321 section 4.1.2). What Unicode has besides belongs to names. */
const SPACE = 0x20;
const TAB = 0x09;

export function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

export function withoutBlanksBefore(text: string): string {
  let start = 0;
  while (isBlank(text.charCodeAt(start))) start++;
  return start === 0 ? text : text.slice(start);
}

export function withoutBlanksBehind(text: string): string {
  let end = text.length;
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end--;
  return end === text.length ? text : text.slice(0, end);
}

export function withoutBlanksAround(text: string): string {
  return withoutBlanksBefore(withoutBlanksBehind(text));
}
