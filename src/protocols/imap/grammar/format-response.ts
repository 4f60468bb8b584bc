/** Untagged responses and response codes (RFC 3501 section 7) that take more than a template. */
import type { StatusItem } from "./command.ts";
import type { FetchSection } from "./fetch-item.ts";
import { formatAstring, formatMailbox, formatNstring, formatString } from "./format-string.ts";
import { formatNumbers } from "./sequence-set.ts";

export interface ListedMailbox {
  readonly name: string;
  /** `\Noselect`, `\HasChildren`, `\Sent` and the like. */
  readonly attributes: readonly string[];
  /** Null where there is no hierarchy. */
  readonly delimiter: string | null;
}

/** The response of LIST and LSUB, line end included. */
export function formatList(response: "LIST" | "LSUB", mailbox: ListedMailbox): string {
  const { name, attributes, delimiter } = mailbox;
  return `* ${response} (${attributes.join(" ")}) ${formatNstring(delimiter)} ${formatMailbox(name)}\r\n`;
}

/** The response of STATUS, line end included. */
export function formatStatus(mailbox: string, items: Iterable<readonly [item: StatusItem, value: number]>): string {
  const values = [...items].map(([item, value]) => `${item} ${value}`).join(" ");
  return `* STATUS ${formatMailbox(mailbox)} (${values})\r\n`;
}

/** The response of ID (RFC 2971), line end included. */
export function formatId(parameters: ReadonlyMap<string, string | null> | null): string {
  if (!parameters || parameters.size === 0) return "* ID NIL\r\n";
  const fields = [...parameters].map(([field, value]) => `${formatString(field)} ${formatNstring(value)}`);
  return `* ID (${fields.join(" ")})\r\n`;
}

/** What a section is called in the response of FETCH: `BODY[1.HEADER.FIELDS (SUBJECT)]<0>`. */
export function formatSectionName(section: FetchSection): string {
  const { form, part, text, fields, partial } = section;
  if (form === "RFC822") return text === null ? "RFC822" : `RFC822.${text}`;
  const names = fields.length > 0 ? ` (${fields.map(formatAstring).join(" ")})` : "";
  const specifier = text === null ? [...part] : [...part, `${text}${names}`];
  return `BODY[${specifier.join(".")}]${partial ? `<${partial.origin}>` : ""}`;
}

/** RFC 4315 section 3, without brackets. */
export function formatAppendUid(uidValidity: number, uids: Iterable<number>): string {
  return `APPENDUID ${uidValidity} ${formatNumbers(uids)}`;
}

/** RFC 4315 section 3, without brackets. The sets correspond number by number and are not empty. */
export function formatCopyUid(copied: {
  readonly uidValidity: number;
  readonly from: Iterable<number>;
  readonly to: Iterable<number>;
}): string {
  return `COPYUID ${copied.uidValidity} ${formatNumbers(copied.from)} ${formatNumbers(copied.to)}`;
}
