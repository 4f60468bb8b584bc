/** ENVELOPE, BODY and BODYSTRUCTURE (RFC 3501 section 7.4.2). */
import {
  type EnvelopeAddress,
  MAX_PART_DEPTH,
  type MessageEnvelope,
  type MessagePart,
  type MimeParameters,
} from "../../mailbox.ts";
import { formatNstring, formatString } from "./format-string.ts";

/** What stands for a multipart without a part: the grammar asks for one. */
const EMPTY_TEXT = '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0)';
const NO_ENVELOPE = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";

export function formatEnvelope(envelope: MessageEnvelope): string {
  const { date, subject, from, sender, replyTo, to, cc, bcc, inReplyTo, messageId } = envelope;
  const addresses = [from, sender.length > 0 ? sender : from, replyTo.length > 0 ? replyTo : from, to, cc, bcc]
    .map(formatAddresses)
    .join(" ");
  const [first, second, fourth, fifth] = [date, subject, inReplyTo, messageId].map(formatNstring);
  return `(${first} ${second} ${addresses} ${fourth} ${fifth})`;
}

/** @param root the outermost part of the message, or any other. */
export function formatBody(root: MessagePart): string {
  return formatPart(root, false, levelOf(root, 0));
}

/** With extension data. */
export function formatBodyStructure(root: MessagePart): string {
  return formatPart(root, true, levelOf(root, 0));
}

/** Levels of the number of a message's root, by those of the message: a multipart has no number of its own. */
function levelOf(root: MessagePart, ofMessage: number): number {
  return root.type === "MULTIPART" ? ofMessage : ofMessage + 1;
}

/** @param level of the part's number. Parts whose numbers FETCH does not take are not shown. */
function formatPart(part: MessagePart, extended: boolean, level: number): string {
  if (part.type === "MULTIPART" && level < MAX_PART_DEPTH) return formatMultipart(part, extended, level);
  const isMessage = part.type === "MESSAGE" && part.subtype === "RFC822";
  const opaque = part.type === "MULTIPART" || (isMessage && level >= MAX_PART_DEPTH);
  const fields = [
    opaque ? '"APPLICATION" "OCTET-STREAM"' : `${formatString(part.type)} ${formatString(part.subtype)}`,
    formatParameters(part.parameters),
    formatNstring(part.id),
    formatNstring(part.description),
    formatString(part.encoding),
    String(part.body.end - part.body.start),
  ];
  if (isMessage && !opaque) {
    fields.push(part.message ? formatEnvelope(part.message.envelope) : NO_ENVELOPE);
    fields.push(part.message ? formatPart(part.message.root, extended, levelOf(part.message.root, level)) : EMPTY_TEXT);
  }
  if ((isMessage && !opaque) || part.type === "TEXT") fields.push(String(part.lines));
  if (extended) fields.push(formatNstring(part.md5), formatExtension(part));
  return `(${fields.join(" ")})`;
}

function formatMultipart(part: MessagePart, extended: boolean, level: number): string {
  const parts = part.parts.map((child) => formatPart(child, extended, level + 1)).join("") || EMPTY_TEXT;
  const subtype = formatString(part.subtype);
  if (!extended) return `(${parts} ${subtype})`;
  return `(${parts} ${subtype} ${formatParameters(part.parameters)} ${formatExtension(part)})`;
}

/** Disposition (RFC 2183), language (RFC 3282) and location (RFC 2557). */
function formatExtension({ disposition, language, location }: MessagePart): string {
  const shown = disposition ? `(${formatString(disposition.type)} ${formatParameters(disposition.parameters)})` : "NIL";
  const languages = language.length === 0 ? "NIL" : `(${language.map(formatString).join(" ")})`;
  return `${shown} ${languages} ${formatNstring(location)}`;
}

function formatParameters(parameters: MimeParameters): string {
  if (parameters.length === 0) return "NIL";
  return `(${parameters.map(([name, value]) => `${formatString(name)} ${formatString(value)}`).join(" ")})`;
}

function formatAddresses(addresses: readonly EnvelopeAddress[]): string {
  return addresses.length === 0 ? "NIL" : `(${addresses.map(formatAddress).join("")})`;
}

function formatAddress({ name, route, mailbox, host }: EnvelopeAddress): string {
  return `(${[name, route ?? null, mailbox, host].map(formatNstring).join(" ")})`;
}
