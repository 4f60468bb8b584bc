/** Text that is safe on a terminal: nothing that acts on it, ends a line or changes the direction of writing. */

/** Controls (C0, DEL, C1), line and paragraph separators, bidirectional controls (UAX #9), halves of surrogate pairs. */
export const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
const UNPRINTABLE_IN_LINES = /(?!\n)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** One line: `a<U+009B>b` where there was U+009B. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, named);
}

/** Lines, with their line feeds. */
export function printableLines(text: string): string {
  return text.replace(UNPRINTABLE_IN_LINES, named);
}

/** Equivalent JSON that is safe on a terminal. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(UNPRINTABLE_IN_LINES, (character) => `\\u${hex(character)}`);
}

function named(character: string): string {
  return `<U+${hex(character).toUpperCase()}>`;
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, "0");
}
