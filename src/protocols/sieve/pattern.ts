/** The syntax of patterns for `:regex`: extended regular expressions of POSIX (IEEE 1003.1 section 9.4). */

const INTERVAL = /\{(\d{1,5})(?:(,)(\d{0,5}))?\}/y;
/** RE_DUP_MAX of glibc. */
const MOST_REPETITIONS = 32_767;

/** @returns what is wrong with it, or null. Takes one pass. */
export function faultOfPattern(pattern: string): string | null {
  const reader = new PatternReader(pattern);
  return reader.fault();
}

class PatternReader {
  readonly #text: string;
  #at = 0;
  /** Parentheses that are open. */
  #depth = 0;
  /** Something stands before this that can be repeated. */
  #repeatable = false;

  constructor(text: string) {
    this.#text = text;
  }

  fault(): string | null {
    while (this.#at < this.#text.length) {
      const fault = this.#next();
      if (fault !== null) return fault;
    }
    return this.#depth > 0 ? "a closing parenthesis is missing" : null;
  }

  #next(): string | null {
    const character = this.#text[this.#at++];
    switch (character) {
      case "\\":
        if (this.#at >= this.#text.length) return "nothing follows the last backslash";
        this.#at++;
        this.#repeatable = true;
        return null;
      case "[":
        this.#repeatable = true;
        return this.#bracket();
      case "(":
        this.#depth++;
        this.#repeatable = false;
        return null;
      case ")":
        return this.#close();
      case "|":
      case "^":
        this.#repeatable = false;
        return null;
      case "*":
      case "+":
      case "?":
        return this.#repeatable ? null : `nothing stands before ${character} that could be repeated`;
      case "{":
        return this.#interval();
      default:
        this.#repeatable = true;
        return null;
    }
  }

  #close(): string | null {
    // One that was never opened stands for itself in POSIX; it is a slip far more often.
    if (this.#depth === 0) return "a closing parenthesis has no opening one";
    this.#depth--;
    this.#repeatable = true;
    return null;
  }

  #interval(): string | null {
    INTERVAL.lastIndex = this.#at - 1;
    const match = INTERVAL.exec(this.#text);
    if (!match) return "a brace is no interval like {1,3}; write \\\\{ for a brace itself";
    if (!this.#repeatable) return "nothing stands before { that could be repeated";
    this.#at = INTERVAL.lastIndex;
    const least = Number(match[1]);
    const most = match[3] ? Number(match[3]) : least;
    return least > most || most > MOST_REPETITIONS ? "the numbers of an interval cannot be" : null;
  }

  /** `[abc]`, `[^]a-z]`, `[[:alpha:]_]`. */
  #bracket(): string | null {
    const text = this.#text;
    if (text[this.#at] === "^") this.#at++;
    // First of all it stands for itself.
    if (text[this.#at] === "]") this.#at++;
    while (this.#at < text.length) {
      const character = text[this.#at++];
      if (character === "]") return null;
      const kind = text[this.#at];
      if (character !== "[" || (kind !== ":" && kind !== "." && kind !== "=")) continue;
      const end = text.indexOf(`${kind}]`, this.#at + 1);
      if (end === -1) break;
      this.#at = end + 2;
    }
    return "a closing bracket is missing";
  }
}
