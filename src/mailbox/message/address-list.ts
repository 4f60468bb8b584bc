import type { EnvelopeAddress } from "../../protocols/mailbox.ts";
import { ADDRESS_SPECIALS, type HeaderToken, lex } from "./header-lexer.ts";

/** Reads an address list (RFC 5322 3.4), lenient on what is written in its place. */
export function parseAddresses(text: string): EnvelopeAddress[] {
  const reader = new AddressReader();
  for (const token of lex(text, ADDRESS_SPECIALS)) reader.take(token);
  return reader.end();
}

class AddressReader {
  readonly #addresses: EnvelopeAddress[] = [];
  /** Before `<`, or all of an address without it. */
  #words: HeaderToken[] = [];
  /** Between `<` and `>`; null outside. */
  #angle: HeaderToken[] | null = null;
  #isClosed = false;
  #comment: string | null = null;
  #inGroup = false;

  take(token: HeaderToken): void {
    if (token.kind === "comment") {
      this.#comment ??= token.text;
      return;
    }
    const special = token.kind === "special" ? token.text : "";
    if (this.#angle && !this.#isClosed) {
      if (special === ">") this.#isClosed = true;
      // The route of RFC 822 ends with a colon; nobody uses it.
      else if (special === ":") this.#angle = [];
      else this.#angle.push(token);
    } else if (special === "<") {
      this.#angle = [];
    } else if (special === ",") {
      this.#finish();
    } else if (special === ";") {
      this.#finish();
      this.#endGroup();
    } else if (special === ":" && !this.#inGroup) {
      this.#beginGroup();
    } else {
      this.#words.push(token);
    }
  }

  end(): EnvelopeAddress[] {
    this.#finish();
    this.#endGroup();
    return this.#addresses;
  }

  #beginGroup(): void {
    this.#addresses.push({ name: null, mailbox: phraseOf(this.#words), host: null });
    this.#inGroup = true;
    this.#words = [];
    this.#comment = null;
  }

  #endGroup(): void {
    if (this.#inGroup) this.#addresses.push({ name: null, mailbox: null, host: null });
    this.#inGroup = false;
  }

  #finish(): void {
    const spec = this.#angle ?? this.#words;
    if (spec.length > 0) {
      const name = this.#angle ? phraseOf(this.#words) || this.#comment : this.#comment;
      this.#addresses.push({ name: name || null, ...splitAddress(spec) });
    }
    this.#words = [];
    this.#angle = null;
    this.#isClosed = false;
    this.#comment = null;
  }
}

/** One without a host gets an empty one: null would begin a group. */
function splitAddress(tokens: readonly HeaderToken[]): { mailbox: string; host: string } {
  const at = tokens.findLastIndex(({ kind, text }) => kind === "special" && text === "@");
  const join = (part: readonly HeaderToken[]) => part.map(({ text }) => text).join("");
  // "Ann Example" alone is a name that somebody forgot the address of, and no local part without the space.
  if (at < 0) return { mailbox: phraseOf(tokens), host: "" };
  return { mailbox: join(tokens.slice(0, at)), host: join(tokens.slice(at + 1)) };
}

function phraseOf(tokens: readonly HeaderToken[]): string {
  return tokens.map(({ text, spaced }, index) => (spaced && index > 0 ? ` ${text}` : text)).join("");
}
