import type { EnvelopeAddress, MessageEnvelope } from "../../protocols/mailbox.ts";
import { parseAddresses } from "./address-list.ts";
import { textOf } from "./header-fields.ts";
import { STRUCTURE_LIMITS, type TextAllowance } from "./structure-limits.ts";

/** Fields of a header by their names in lower case, as they stand. */
export type FieldsByName = ReadonlyMap<string, readonly string[]>;

/** The header fields that IMAP's ENVELOPE is made of (RFC 3501 7.4.2). */
export const ENVELOPE_FIELDS: readonly string[] = [
  ...["date", "subject", "from", "sender", "reply-to", "to", "cc", "bcc", "in-reply-to", "message-id"],
];

export function envelopeOf(fields: FieldsByName, allowance: TextAllowance): MessageEnvelope {
  const text = (name: string) => firstOf(fields, name, allowance);
  const addresses = (name: string) => addressesOf(fields, name, allowance);
  const [date, subject, inReplyTo, messageId] = [
    text("date"),
    text("subject"),
    text("in-reply-to"),
    text("message-id"),
  ];
  const from = addresses("from");
  const orFrom = (list: EnvelopeAddress[]) => (list.length > 0 ? list : from);
  const [sender, replyTo] = [orFrom(addresses("sender")), orFrom(addresses("reply-to"))];
  const [to, cc, bcc] = [addresses("to"), addresses("cc"), addresses("bcc")];
  return { date, subject, from, sender, replyTo, to, cc, bcc, inReplyTo, messageId };
}

/** The text of the first field of this name; null when there is none. */
export function firstOf(fields: FieldsByName, name: string, allowance: TextAllowance): string | null {
  const [raw] = fields.get(name) ?? [];
  return raw === undefined ? null : allowance.take(textOf(raw.slice(0, STRUCTURE_LIMITS.field)));
}

/** All fields of this name together: several are an error of old that RFC 5322 4.5.3 wants read so. */
function addressesOf(fields: FieldsByName, name: string, allowance: TextAllowance): EnvelopeAddress[] {
  return (fields.get(name) ?? []).flatMap((raw) =>
    parseAddresses(textOf(raw.slice(0, STRUCTURE_LIMITS.field)), allowance),
  );
}
