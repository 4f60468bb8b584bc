/** What a search finds in a header field. */
import type { EnvelopeAddress } from "../../protocols/mailbox.ts";
import { trimWhiteSpace } from "../../protocols/white-space.ts";
import { parseAddresses } from "./address-list.ts";
import { decodeWords } from "./encoded-words.ts";
import { decodeField } from "./header-fields.ts";
import { STRUCTURE_LIMITS } from "./structure-limits.ts";

/** The text of a field on one line, encoded words decoded. @param raw what follows the colon, an octet a character. */
export function fieldText(raw: string): string {
  return decodeWords(lineOf(raw));
}

/** The addresses of a field, as ENVELOPE has them: `Ann <ann@example.com>, Team:, bob@example.com, ;`. */
export function addressText(raw: string): string {
  return parseAddresses(lineOf(raw.slice(0, STRUCTURE_LIMITS.field)))
    .map(writeAddress)
    .join(", ");
}

/** Folds become spaces. */
function lineOf(raw: string): string {
  return trimWhiteSpace(decodeField(raw).replace(/(?:\r?\n|\r)[ \t]*/g, " "));
}

/** Without a host it is the beginning or the end of a group. */
function writeAddress({ name, mailbox, host }: EnvelopeAddress): string {
  if (host === null) return mailbox === null ? ";" : `${decodeWords(mailbox)}:`;
  const address = host === "" ? decodeWords(mailbox ?? "") : `${mailbox}@${host}`;
  return name === null ? address : `${decodeWords(name)} <${address}>`;
}
