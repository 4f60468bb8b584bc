/** It is composed: there is nothing to do, which costs more to find out by `normalize`. */
const ASCII = /^[\0-\x7f]*$/;

/** Text without regard to case and composition. */
export function fold(text: string): string {
  return (ASCII.test(text) ? text : text.normalize("NFC")).toUpperCase();
}

/**
 * Looks for a text in what comes in pieces. The time grows with what comes, whatever the two are made of (Knuth, Morris and
 * Pratt): `includes` takes seconds for a text of some thousand characters that nearly fits at each of them.
 */
export class TextFinder {
  readonly #wanted: string;
  readonly #first: string;
  /** Of each beginning of the text, how much of its end is a beginning, too. */
  readonly #borders: Uint32Array;
  #fitting = 0;
  #isFound = false;

  /** @param wanted without regard to case and composition. */
  constructor(wanted: string) {
    this.#wanted = fold(wanted);
    this.#first = this.#wanted.charAt(0);
    this.#borders = bordersOf(this.#wanted);
  }

  /** Any text has it. */
  get isEmpty(): boolean {
    return this.#wanted === "";
  }

  /** In what was looked at since `begin`. */
  get isFound(): boolean {
    return this.#isFound;
  }

  begin(): void {
    this.#fitting = 0;
    this.#isFound = false;
  }

  /** @param text goes on where the last one ended; composed as `fold` does it. */
  look(text: string): void {
    const [wanted, borders] = [this.#wanted, this.#borders];
    let fitting = this.#fitting;
    if (wanted === "") this.#isFound = true;
    for (let at = 0; at < text.length && !this.#isFound; at++) {
      if (fitting === 0) {
        at = text.indexOf(this.#first, at);
        if (at < 0) break;
      }
      const code = text.charCodeAt(at);
      while (fitting > 0 && wanted.charCodeAt(fitting) !== code) fitting = borders[fitting - 1] ?? 0;
      if (wanted.charCodeAt(fitting) === code) fitting++;
      if (fitting === wanted.length) this.#isFound = true;
    }
    this.#fitting = fitting;
  }

  /** Whether the text is in this one. */
  fits(text: string): boolean {
    this.begin();
    this.look(fold(text));
    return this.#isFound;
  }
}

function bordersOf(text: string): Uint32Array {
  const borders = new Uint32Array(text.length);
  let length = 0;
  for (let end = 1; end < text.length; end++) {
    const code = text.charCodeAt(end);
    while (length > 0 && text.charCodeAt(length) !== code) length = borders[length - 1] ?? 0;
    if (text.charCodeAt(length) === code) length++;
    borders[end] = length;
  }
  return borders;
}
