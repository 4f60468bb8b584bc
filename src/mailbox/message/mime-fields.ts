import type { MimeParameters } from "../../protocols/mailbox.ts";
import { type HeaderToken, lex, MIME_GRAMMAR } from "./header-lexer.ts";
import { STRUCTURE_LIMITS } from "./structure-limits.ts";

/** A value with parameters: Content-Type (RFC 2045 5.1), Content-Disposition (RFC 2183). */
export interface ParameterizedField {
  /** Upper case; empty when there is none. */
  readonly value: string;
  readonly parameters: MimeParameters;
}

/** Parameters as they stand: those of RFC 2231 are the reader's to join and decode. */
export function parseParameterized(text: string): ParameterizedField {
  const [first = [], ...rest] = split(text, ";");
  const parameters = rest.flatMap((tokens): [string, string][] => {
    const [name, equals, ...value] = tokens;
    if (name?.kind !== "atom" || equals?.text !== "=" || equals.kind !== "special") return [];
    return [[name.text.toUpperCase(), textOf(value)]];
  });
  return { value: textOf(first).toUpperCase(), parameters };
}

const MEDIA_TYPE = /^([^ ()<>@,;:\\"/[\]?=]+) ?\/ ?([^ ()<>@,;:\\"/[\]?=]+)/;

/** Type and subtype; empty where the field has none. What follows them without a semicolon belongs to neither. */
export function mediaTypeOf({ value }: ParameterizedField): { readonly type: string; readonly subtype: string } {
  const [, type = "", subtype = ""] = MEDIA_TYPE.exec(value) ?? [];
  return { type, subtype };
}

/** A field that is one token, e.g. Content-Transfer-Encoding; upper case. */
export function parseToken(text: string): string {
  return textOf(split(text, ";")[0] ?? []).toUpperCase();
}

/** Content-Language (RFC 3282). */
export function parseLanguages(text: string): string[] {
  return split(text, ",")
    .map(textOf)
    .filter((language) => language !== "");
}

function split(text: string, separator: string): HeaderToken[][] {
  const groups: HeaderToken[][] = [[]];
  let words = 0;
  for (const token of lex(text, MIME_GRAMMAR)) {
    words += 1;
    if (words > STRUCTURE_LIMITS.words) break;
    if (token.kind === "special" && token.text === separator) groups.push([]);
    else if (token.kind !== "comment") groups.at(-1)?.push(token);
  }
  return groups;
}

/** White space within a value without quotes is an error that many make; it is kept. */
function textOf(tokens: readonly HeaderToken[]): string {
  return tokens.map(({ text, spaced }, index) => (spaced && index > 0 ? ` ${text}` : text)).join("");
}
