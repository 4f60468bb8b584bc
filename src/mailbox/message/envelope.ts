import type { Headers } from "@zone-eu/mailsplit";
import type { EnvelopeAddress, MessageEnvelope } from "../../protocols/mailbox.ts";
import { parseAddresses } from "./address-list.ts";

/** The header fields that IMAP's ENVELOPE is made of (RFC 3501 7.4.2). */
export function envelopeOf(headers: Headers | null): MessageEnvelope {
  const text = (name: string) => fieldOf(headers, name);
  const addresses = (name: string) => parseAddresses(text(name) ?? "");
  const from = addresses("from");
  const orFrom = (list: EnvelopeAddress[]) => (list.length > 0 ? list : from);
  return {
    date: text("date"),
    subject: text("subject"),
    from,
    sender: orFrom(addresses("sender")),
    replyTo: orFrom(addresses("reply-to")),
    to: addresses("to"),
    cc: addresses("cc"),
    bcc: addresses("bcc"),
    inReplyTo: text("in-reply-to"),
    messageId: text("message-id"),
  };
}

/** The value of the first field of this name, unfolded; null when there is none. */
export function fieldOf(headers: Headers | null, name: string): string | null {
  const [line] = headers?.get(name) ?? [];
  if (line === undefined) return null;
  return unfold(line.slice(line.indexOf(":") + 1));
}

/** NUL can be in no string that IMAP sends (RFC 3501 4.3). */
function unfold(text: string): string {
  return text
    .replace(/\r?\n(?=[ \t])/g, "")
    .replace(/[\r\n\0]+/g, " ")
    .trim();
}
