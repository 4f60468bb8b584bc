/** What the words of an address list mean, where one address is written (RFC 5322 3.4.1). */
import type { EnvelopeAddress } from "../../protocols/mailbox.ts";
import type { HeaderToken } from "./header-lexer.ts";

/** Words as a phrase, with their spaces. */
export function phraseOf(tokens: readonly HeaderToken[]): string {
  return tokens.map(({ text, spaced }, index) => (spaced && index > 0 ? ` ${text}` : text)).join("");
}

/** An address within angle brackets. One without a host gets an empty one: null would begin a group. */
export function specOf(tokens: readonly HeaderToken[]): { readonly mailbox: string; readonly host: string } {
  const at = tokens.findLastIndex((token) => isSpecial(token, "@"));
  if (at < 0) return { mailbox: phraseOf(tokens), host: "" };
  return { mailbox: join(tokens.slice(0, at)), host: join(tokens.slice(at + 1)) };
}

/**
 * Addresses without angle brackets; none for no words. White space behind a complete one begins another, or the name:
 * `ann@example.com bob@example.com`, `Bob Example bob@example.com`. Words without `@` are a name that somebody forgot the
 * address of: they stand in place of the local part, with their spaces. Each word is looked at once.
 */
export function* bareAddresses(words: readonly HeaderToken[]): Generator<EnvelopeAddress> {
  let address: EnvelopeAddress | null = null;
  let from = 0;
  for (let at = nextAt(words, from); at >= 0; at = nextAt(words, from)) {
    if (address) yield address;
    const start = startOfRun(words, { at, from });
    const end = endOfRun(words, at + 1);
    address = { name: phraseOf(words.slice(from, start)) || null, ...specOf(words.slice(start, end)) };
    from = end;
  }
  const rest = words.slice(from);
  if (address) yield rest.length > 0 ? withMoreName(address, rest) : address;
  else if (rest.length > 0) yield { name: null, mailbox: phraseOf(rest), host: "" };
}

/** An address and what white space separates from it. */
export function splitBehindAddress(tokens: readonly HeaderToken[]): [address: HeaderToken[], rest: HeaderToken[]] {
  const at = tokens.findIndex((token) => isSpecial(token, "@"));
  const end = at < 0 ? tokens.length : endOfRun(tokens, at + 1);
  return [tokens.slice(0, end), tokens.slice(end)];
}

/** A comment is the name of an address that has no other (RFC 822 had names so). */
export function nameWith(address: EnvelopeAddress, comment: string | null): EnvelopeAddress {
  return { ...address, name: address.name ?? (comment || null) };
}

/** The last words of all are the name of the address before them, or more of it. */
function withMoreName(address: EnvelopeAddress, words: readonly HeaderToken[]): EnvelopeAddress {
  const name = [address.name, phraseOf(words)].filter((part) => part !== null).join(" ");
  return { ...address, name };
}

function nextAt(words: readonly HeaderToken[], from: number): number {
  for (let index = from; index < words.length; index += 1) {
    const word = words[index];
    if (word && isSpecial(word, "@")) return index;
  }
  return -1;
}

/** White space around a full stop separates nothing (RFC 5322 4.4). */
function startOfRun(tokens: readonly HeaderToken[], { at, from }: { at: number; from: number }): number {
  let start = Math.max(from, at - 1);
  while (start > from && areJoined(tokens[start - 1], tokens[start])) start -= 1;
  return start;
}

function endOfRun(tokens: readonly HeaderToken[], from: number): number {
  let end = Math.min(tokens.length, from + 1);
  while (end < tokens.length && areJoined(tokens[end - 1], tokens[end])) end += 1;
  return end;
}

function areJoined(first: HeaderToken | undefined, second: HeaderToken | undefined): boolean {
  if (!first || !second) return false;
  return !second.spaced || isSpecial(first, ".") || isSpecial(second, ".") || isSpecial(second, "@");
}

function isSpecial({ kind, text }: HeaderToken, special: string): boolean {
  return kind === "special" && text === special;
}

function join(tokens: readonly HeaderToken[]): string {
  return tokens.map(({ text }) => text).join("");
}
