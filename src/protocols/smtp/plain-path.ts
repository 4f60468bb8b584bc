/** What nearly every path is: `<local.part@host.example>`, of ASCII, without anything that has to be quoted. */

/** What an octet may be in. */
const ATEXT = 1;
const LETTER_OR_DIGIT = 2;

const AT = 0x40;
const DOT = 0x2e;
const HYPHEN = 0x2d;
const LESS = 0x3c;
const GREATER = 0x3e;

const LONGEST_LABEL = 63;

const kinds = new Uint8Array(128);
for (let code = 0x21; code < 0x7f; code++) {
  const character = String.fromCharCode(code);
  if (/[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]/.test(character)) kinds[code] = ATEXT;
  // With the underscore, as in any domain of a path.
  if (/[A-Za-z0-9_]/.test(character)) kinds[code] = ATEXT | LETTER_OR_DIGIT;
}

export interface PlainPathLimits {
  readonly localPart: number;
  readonly domain: number;
}

/**
 * Looks through a text that may begin with a plain path. It says no more than the whole grammar does, only sooner.
 * @returns the place of the closing bracket; -1 where there is no plain path, which says nothing of other ones.
 */
export function endOfPlainPath(text: string, limits: PlainPathLimits): number {
  if (text.charCodeAt(0) !== LESS) return -1;
  const at = endOfLocalPart(text);
  if (at === -1 || at - 1 > limits.localPart) return -1;
  const end = endOfDomain(text, at + 1);
  return end === -1 || end - at - 1 > limits.domain ? -1 : end;
}

/** Atoms with single dots between them, up to the `@`. */
function endOfLocalPart(text: string): number {
  let last = DOT;
  for (let index = 1; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (character === AT) return last === DOT ? -1 : index;
    if (character === DOT ? last === DOT : !isOf(ATEXT, character)) return -1;
    last = character;
  }
  return -1;
}

/** Labels with single dots between them, up to the `>`; no hyphen is the first or the last of one. */
function endOfDomain(text: string, start: number): number {
  let label = start;
  for (let index = start; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (character === DOT || character === GREATER) {
      const length = index - label;
      if (length === 0 || length > LONGEST_LABEL || text.charCodeAt(index - 1) === HYPHEN) return -1;
      if (character === GREATER) return index;
      label = index + 1;
    } else if (!isOf(LETTER_OR_DIGIT, character) && (character !== HYPHEN || index === label)) {
      return -1;
    }
  }
  return -1;
}

function isOf(kind: number, character: number): boolean {
  return ((kinds[character] ?? 0) & kind) !== 0;
}
