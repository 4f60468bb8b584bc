/** Classes of characters of RFC 3501 section 9, as tables for characters up to 255. */
export type CharacterClass = Uint8Array;

function classOf(excluded: string): CharacterClass {
  const table = new Uint8Array(256);
  for (let code = 0x21; code < 0x7f; code++) table[code] = excluded.includes(String.fromCharCode(code)) ? 0 : 1;
  return table;
}

export const ATOM_CHAR: CharacterClass = classOf('(){%*"\\]');
export const ASTRING_CHAR: CharacterClass = classOf('(){%*"\\');
export const LIST_CHAR: CharacterClass = classOf('(){"\\');
export const TAG_CHAR: CharacterClass = classOf('(){%*"\\+');
/** Names of commands, of search keys, of what FETCH and STATUS take. */
export const KEYWORD_CHAR: CharacterClass = keywordClass();

function keywordClass(): CharacterClass {
  const table = new Uint8Array(256);
  for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-") {
    table[character.charCodeAt(0)] = 1;
  }
  return table;
}

/** Where the run of such characters that begins at `start` ends. */
export function endOfRun(text: string, start: number, accepted: CharacterClass): number {
  let at = start;
  while (at < text.length && accepted[text.charCodeAt(at)] === 1) at++;
  return at;
}
