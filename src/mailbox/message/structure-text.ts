/**
 * A structure as text, for the database and between threads: arrays in place of objects and nothing of what is as
 * usual, so that a part that says nothing of itself takes few octets.
 */
import type {
  EnvelopeAddress,
  MessageEnvelope,
  MessagePart,
  MessageStructure,
  MimeParameters,
} from "../../protocols/mailbox.ts";

type AddressText = readonly [name: string | null, mailbox: string | null, host: string | null, route?: string];
/** 0 for those of From. */
type AddressesText = readonly AddressText[] | 0;

type EnvelopeText = readonly [
  ...texts: [date: string | null, subject: string | null, inReplyTo: string | null, messageId: string | null],
  ...addresses: [
    from: AddressesText,
    sender: AddressesText,
    replyTo: AddressesText,
    to: AddressesText,
    cc: AddressesText,
    bcc: AddressesText,
  ],
];

/** What a part has that others do not. */
interface MoreText {
  readonly parameters?: MimeParameters;
  readonly id?: string | null;
  readonly description?: string | null;
  readonly encoding?: string;
  readonly md5?: string | null;
  readonly disposition?: readonly [type: string, parameters: MimeParameters] | null;
  readonly language?: readonly string[];
  readonly location?: string | null;
  readonly parts?: readonly PartText[];
  readonly message?: StructureText | null;
}

/** The body begins where the header ends. */
type PartText = readonly [
  type: string,
  subtype: string,
  start: number,
  header: number,
  body: number,
  lines: number,
  more?: MoreText,
];

type StructureText = readonly [envelope: EnvelopeText, root: PartText];

export function structureToText(structure: MessageStructure): string {
  return JSON.stringify(packStructure(structure));
}

/** @param text of {@link structureToText} */
export function structureFromText(text: string): MessageStructure {
  return unpackStructure(JSON.parse(text) as StructureText);
}

/** @param texts a JSON array of texts of {@link structureToText}, which are read at once, and unpacked one by one. */
export function* structuresFromTexts(texts: string): Generator<MessageStructure, void, undefined> {
  for (const packed of JSON.parse(texts) as readonly StructureText[]) yield unpackStructure(packed);
}

function packStructure({ envelope, root }: MessageStructure): StructureText {
  return [packEnvelope(envelope), packPart(root)];
}

function unpackStructure([envelope, root]: StructureText): MessageStructure {
  return { envelope: unpackEnvelope(envelope), root: unpackPart(root) };
}

function packEnvelope(envelope: MessageEnvelope): EnvelopeText {
  const { date, subject, inReplyTo, messageId, from } = envelope;
  const pack = (addresses: readonly EnvelopeAddress[]): AddressesText =>
    addresses === from ? 0 : addresses.map(packAddress);
  const [sender, replyTo, to] = [pack(envelope.sender), pack(envelope.replyTo), pack(envelope.to)];
  const [cc, bcc] = [pack(envelope.cc), pack(envelope.bcc)];
  return [date, subject, inReplyTo, messageId, from.map(packAddress), sender, replyTo, to, cc, bcc];
}

function unpackEnvelope(text: EnvelopeText): MessageEnvelope {
  const [date, subject, inReplyTo, messageId, first, ...others] = text;
  const from = first === 0 ? [] : first.map(unpackAddress);
  const unpack = (packed: AddressesText) => (packed === 0 ? from : packed.map(unpackAddress));
  const [sender, replyTo, to] = [unpack(others[0]), unpack(others[1]), unpack(others[2])];
  return {
    ...{ date, subject, from, sender, replyTo, to },
    ...{ cc: unpack(others[3]), bcc: unpack(others[4]), inReplyTo, messageId },
  };
}

function packAddress({ name, mailbox, host, route }: EnvelopeAddress): AddressText {
  return route === undefined ? [name, mailbox, host] : [name, mailbox, host, route];
}

function unpackAddress([name, mailbox, host, route]: AddressText): EnvelopeAddress {
  return route === undefined ? { name, mailbox, host } : { name, mailbox, host, route };
}

function packPart(part: MessagePart): PartText {
  const { type, subtype, header, body, lines } = part;
  const more = packMore(part);
  const places = [type, subtype, header.start, header.end, body.end, lines] as const;
  return Object.keys(more).length === 0 ? places : [...places, more];
}

function packMore(part: MessagePart): MoreText {
  const { parameters, id, description, encoding, md5, disposition, language, location, parts, message } = part;
  return {
    ...(parameters.length > 0 && { parameters }),
    ...(id !== null && { id }),
    ...(description !== null && { description }),
    ...(encoding !== USUAL_ENCODING && { encoding }),
    ...(md5 !== null && { md5 }),
    ...(disposition && { disposition: [disposition.type, disposition.parameters] as const }),
    ...(language.length > 0 && { language }),
    ...(location !== null && { location }),
    ...(parts.length > 0 && { parts: parts.map(packPart) }),
    ...(message && { message: packStructure(message) }),
  };
}

const USUAL_ENCODING = "7BIT";

function unpackPart([type, subtype, start, header, body, lines, more = {}]: PartText): MessagePart {
  const { parameters = [], id = null, description = null, encoding = USUAL_ENCODING, md5 = null } = more;
  const { disposition = null, language = [], location = null, parts = [], message = null } = more;
  return {
    ...{ type, subtype, parameters, id, description, encoding, md5 },
    disposition: disposition && { type: disposition[0], parameters: disposition[1] },
    ...{ language, location },
    header: { start, end: header },
    body: { start: header, end: body },
    lines,
    parts: parts.map(unpackPart),
    message: message && unpackStructure(message),
  };
}
