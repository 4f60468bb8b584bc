import type { EnvelopeAddress } from "../../protocols/mailbox.ts";
import { bareAddresses, nameWith, phraseOf, specOf, splitBehindAddress } from "./address-words.ts";
import { ADDRESS_GRAMMAR, type HeaderToken, lex } from "./header-lexer.ts";
import { ADDRESS_COST, STRUCTURE_LIMITS, TextAllowance } from "./structure-limits.ts";

/**
 * Reads an address list (RFC 5322 3.4) as tolerantly as such lists are written: a comma may be missing, `;` may stand for
 * one, angle brackets may be open or empty, a name may stand behind its address. Whatever has words gives an address.
 */
export function parseAddresses(text: string, allowance = new TextAllowance()): EnvelopeAddress[] {
  const reader = new AddressReader(allowance);
  let words = 0;
  for (const token of lex(text, ADDRESS_GRAMMAR)) {
    reader.take(token);
    words += 1;
    if (reader.isFull || words >= STRUCTURE_LIMITS.addressWords) break;
  }
  return reader.end();
}

class AddressReader {
  readonly #allowance: TextAllowance;
  readonly #addresses: EnvelopeAddress[] = [];
  /** Before `<`, or all of an address without it. */
  #words: HeaderToken[] = [];
  /** Between `<` and `>`; null where there was no `<`. */
  #angle: HeaderToken[] | null = null;
  /** What stands behind `>`: more of the name, or another address that no comma separates. */
  #after: HeaderToken[] | null = null;
  #route: string | null = null;
  #comment: string | null = null;
  #inGroup = false;
  isFull = false;

  constructor(allowance: TextAllowance) {
    this.#allowance = allowance;
  }

  take(token: HeaderToken): void {
    if (token.kind === "comment") {
      this.#comment ??= token.text;
      return;
    }
    const special = token.kind === "special" ? token.text : "";
    if (special === "," && !this.#inRoute) this.#finish();
    else if (special === ";") this.#finishGroup();
    else if (special === "<") this.#open();
    else if (this.#angle && !this.#after) this.#takeInAngle(this.#angle, token, special);
    else if (special === ":" && !this.#inGroup) this.#beginGroup();
    else if (special !== ">") (this.#after ?? this.#words).push(token);
  }

  end(): EnvelopeAddress[] {
    this.#finishGroup();
    return this.#addresses;
  }

  /** Of `<@one.example,@two.example:ann@example.com>` (RFC 822 6.1), so that a comma separates nothing. */
  get #inRoute(): boolean {
    return this.#angle?.[0]?.text === "@" && !this.#after;
  }

  #takeInAngle(angle: HeaderToken[], token: HeaderToken, special: string): void {
    if (special === ">") this.#after = [];
    else if (special === ":" && this.#inRoute) {
      this.#route = textOf(angle);
      this.#angle = [];
    } else if (special === ":" && angle.length === 1 && angle[0]?.text.toLowerCase() === "mailto") this.#angle = [];
    else angle.push(token);
  }

  /** `<` where one was open or closed before: a comma is missing, or it is doubled. */
  #open(): void {
    if (this.#after) {
      const words = this.#after;
      this.#after = [];
      this.#finish();
      this.#words = words;
    } else if (this.#angle && this.#angle.length > 0) {
      const [spec, words] = splitBehindAddress(this.#angle);
      this.#angle = spec;
      this.#finish();
      this.#words = words;
    }
    this.#angle = [];
  }

  #beginGroup(): void {
    const name = phraseOf(this.#words);
    this.#clear();
    this.#inGroup = true;
    this.#add({ name: null, mailbox: name, host: null });
  }

  #finishGroup(): void {
    this.#finish();
    if (this.#inGroup) this.#addresses.push({ name: null, mailbox: null, host: null });
    this.#inGroup = false;
  }

  #finish(): void {
    const words = this.#words;
    const angle = this.#angle;
    const after = this.#after ?? [];
    const comment = this.#comment;
    const route = this.#route;
    this.#clear();
    if (!angle) {
      this.#addBare(words, comment);
      return;
    }
    const areOthers = after.some(isAt);
    const name = phraseOf(areOthers ? words : [...words, ...spacedOut(after)]) || comment;
    this.#add({ name: name || null, ...specOf(angle), ...(route === null ? {} : { route }) });
    if (areOthers) this.#addBare(after, null);
  }

  #addBare(words: readonly HeaderToken[], comment: string | null): void {
    for (const address of bareAddresses(words)) {
      if (this.isFull) return;
      this.#add(nameWith(address, comment));
    }
  }

  #clear(): void {
    this.#words = [];
    this.#angle = null;
    this.#after = null;
    this.#route = null;
    this.#comment = null;
  }

  #add(address: EnvelopeAddress): void {
    const { name, mailbox, host, route } = address;
    const cost = [name, mailbox, host, route].reduce((sum, text) => sum + (text?.length ?? 0), ADDRESS_COST);
    if (this.#addresses.length >= STRUCTURE_LIMITS.addresses || !this.#allowance.takeAll(cost)) this.isFull = true;
    if (!this.isFull) this.#addresses.push(address);
  }
}

function isAt({ kind, text }: HeaderToken): boolean {
  return kind === "special" && text === "@";
}

/** What stood behind the brackets goes with the name as a word of its own. */
function spacedOut([first, ...rest]: readonly HeaderToken[]): HeaderToken[] {
  return first ? [{ ...first, spaced: true }, ...rest] : [];
}

function textOf(tokens: readonly HeaderToken[]): string {
  return tokens.map(({ text }) => text).join("");
}
