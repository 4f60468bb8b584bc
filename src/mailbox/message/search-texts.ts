/** The texts of a header that are searched most, ready to be searched. */
import { fieldsOf } from "./header-fields.ts";
import { addressText, fieldText } from "./header-text.ts";
import { fold } from "./text-finder.ts";

/**
 * Without regard to case and composition. Empty where the header has no such field; null where only the header can say:
 * it has several of them, or a long one.
 */
export interface SearchTexts {
  readonly subject: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly cc: string | null;
  readonly bcc: string | null;
}

export type SearchTextName = keyof SearchTexts;

/** Octets. A search compares at each of them, so this and the length of what is looked for bound what a message costs. */
const LONGEST = 4096;

const NOTHING_CERTAIN: SearchTexts = { subject: null, from: null, to: null, cc: null, bcc: null };

/** @param fields the header's common fields; null where they are not known. */
export function searchTextsOf(fields: Uint8Array | null): SearchTexts {
  if (!fields) return NOTHING_CERTAIN;
  const raws = new Map<string, string | null>();
  for (const { name, raw } of fieldsOf(fields)) raws.set(name, raws.has(name) ? null : raw);
  const text = (name: SearchTextName, textOf: (raw: string) => string) => {
    const raw = raws.get(name);
    return raw === undefined ? "" : raw === null ? null : searchable(textOf, raw);
  };
  return {
    subject: text("subject", fieldText),
    from: text("from", addressText),
    to: text("to", addressText),
    cc: text("cc", addressText),
    bcc: text("bcc", addressText),
  };
}

/** SQLite keeps UTF-8, which has no half characters. */
function searchable(textOf: (raw: string) => string, raw: string): string | null {
  if (raw.length > LONGEST) return null;
  const text = fold(textOf(raw));
  return Buffer.byteLength(text) <= LONGEST && text.isWellFormed() ? text : null;
}
