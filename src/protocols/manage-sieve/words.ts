/** The words of a command line (RFC 5804 section 4). */

export type Word =
  /** A command's name, in capitals. */
  | { readonly type: "atom"; readonly name: string }
  | { readonly type: "number"; readonly value: number }
  | { readonly type: "string"; readonly octets: Buffer };

/** What a line, or the part of one behind a literal, turned out to be. */
export interface ParsedLine {
  readonly words: readonly Word[];
  /** Octets of the literal that the line announces at its end; null when it ends the command. */
  readonly literal: number | null;
  /** It is not made of words, but its end can be trusted. */
  readonly malformed: boolean;
  /** Where the command ends is not known: nothing more can be read. */
  readonly lost: boolean;
}

const ATOM = /[A-Za-z][A-Za-z0-9_-]*/y;
const NUMBER = /[0-9]{1,15}/y;
const QUOTED = /"([^"\\]|\\["\\])*"/y;
const LITERAL = /\{([0-9]{1,10})\+\}$/y;
/** How any literal ends a line; one that is not `{n+}` is answered by octets that would be taken for commands. */
const LITERAL_END = /\{[^{}"]*\}$/;
const ESCAPE = /\\(["\\])/g;
/** No command takes more than a name and two arguments; a fourth word is there to be refused as one too many. */
export const MOST_WORDS = 4;

/** Takes a line apart. Its size was limited by the reader. */
export function parseLine(line: string, options: { readonly behindLiteral: boolean }): ParsedLine {
  const words: Word[] = [];
  let at = 0;
  let separated = !options.behindLiteral;
  while (at < line.length) {
    if (line[at] === " ") {
      at++;
      separated = true;
      continue;
    }
    LITERAL.lastIndex = at;
    const literal = LITERAL.exec(line);
    if (literal && separated) return { words, literal: Number(literal[1]), malformed: false, lost: false };
    const word = separated && words.length < MOST_WORDS ? readWord(line, at) : null;
    if (!word) return malformedLine(line, words);
    words.push(word.word);
    at = word.end;
    separated = false;
  }
  return { words, literal: null, malformed: false, lost: false };
}

/** The literal behind a malformed line has to be read over, or its octets would be taken for commands. */
function malformedLine(line: string, words: readonly Word[]): ParsedLine {
  const end = LITERAL_END.exec(line);
  LITERAL.lastIndex = end?.index ?? line.length;
  const literal = LITERAL.exec(line);
  return { words, literal: literal ? Number(literal[1]) : null, malformed: true, lost: end !== null && !literal };
}

function readWord(line: string, at: number): { readonly word: Word; readonly end: number } | null {
  for (const pattern of [ATOM, NUMBER, QUOTED]) {
    pattern.lastIndex = at;
    const match = pattern.exec(line);
    if (match) return { word: wordOf(pattern, match[0]), end: pattern.lastIndex };
  }
  return null;
}

function wordOf(pattern: RegExp, text: string): Word {
  switch (pattern) {
    case ATOM:
      return { type: "atom", name: text.toUpperCase() };
    case NUMBER:
      return { type: "number", value: Number(text) };
    default:
      return { type: "string", octets: Buffer.from(text.slice(1, -1).replace(ESCAPE, "$1"), "utf8") };
  }
}
