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
  const author = formatAddresses(from);
  // Nearly all messages have one author, who is the same in all three.
  const sentBy = sender === from || sender.length === 0 ? author : formatAddresses(sender);
  const answered = replyTo === from || replyTo.length === 0 ? author : formatAddresses(replyTo);
  const others = `${formatAddresses(to)} ${formatAddresses(cc)} ${formatAddresses(bcc)}`;
  const texts = `${formatNstring(inReplyTo)} ${formatNstring(messageId)}`;
  return `(${formatNstring(date)} ${formatNstring(subject)} ${author} ${sentBy} ${answered} ${others} ${texts})`;
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
  const type = opaque ? '"APPLICATION" "OCTET-STREAM"' : `${formatString(part.type)} ${formatString(part.subtype)}`;
  const described = `${formatParameters(part.parameters)} ${formatNstring(part.id)} ${formatNstring(part.description)}`;
  let text = `(${type} ${described} ${formatString(part.encoding)} ${part.body.end - part.body.start}`;
  if (isMessage && !opaque) {
    const { message } = part;
    text += ` ${message ? formatEnvelope(message.envelope) : NO_ENVELOPE}`;
    text += ` ${message ? formatPart(message.root, extended, levelOf(message.root, level)) : EMPTY_TEXT}`;
  }
  if ((isMessage && !opaque) || part.type === "TEXT") text += ` ${part.lines}`;
  return extended ? `${text} ${formatNstring(part.md5)} ${formatExtension(part)})` : `${text})`;
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
  let text = "";
  for (const [name, value] of parameters) {
    text += `${text === "" ? "(" : " "}${formatString(name)} ${formatString(value)}`;
  }
  return `${text})`;
}

/** Strings that are added, here and above: lists that are made and joined took as long as all their texts. */
function formatAddresses(addresses: readonly EnvelopeAddress[]): string {
  if (addresses.length === 0) return "NIL";
  let text = "(";
  for (const { name, route, mailbox, host } of addresses) {
    text += `(${formatNstring(name)} ${formatNstring(route ?? null)} ${formatNstring(mailbox)} ${formatNstring(host)})`;
  }
  return `${text})`;
}
