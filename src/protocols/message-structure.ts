/**
 * What is known of a message without reading it again: computed once, when the message is kept. Texts are as they stand
 * in the message, unfolded, with encoded words (RFC 2047) left as they are: IMAP wants them raw. Bytes beyond ASCII are
 * read as UTF-8, and as ISO 8859-1 where they are none.
 */

/**
 * Levels that the number of a part has at most: `1.2.1` has three. IMAP shows what is deeper as one part, and has no
 * sections of it.
 */
export const MAX_PART_DEPTH = 32;

/** Octets `start` up to, and not including, `end`, from the first octet of the message. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** An address as IMAP's ENVELOPE has it (RFC 3501 7.4.2). A group begins with host null and ends with both null. */
export interface EnvelopeAddress {
  /** Display name. */
  readonly name: string | null;
  /** The local part, or the name of the group that begins. */
  readonly mailbox: string | null;
  readonly host: string | null;
  /** The source route of old (RFC 822 6.2.7), e.g. `@one.example,@two.example`; left out where there is none. */
  readonly route?: string;
}

export interface MessageEnvelope {
  /** The Date field's text. */
  readonly date: string | null;
  readonly subject: string | null;
  /** Empty when the field is missing or empty. RFC 3501: `sender` and `replyTo` then are those of `from`; they are here, too. */
  readonly from: readonly EnvelopeAddress[];
  readonly sender: readonly EnvelopeAddress[];
  readonly replyTo: readonly EnvelopeAddress[];
  readonly to: readonly EnvelopeAddress[];
  readonly cc: readonly EnvelopeAddress[];
  readonly bcc: readonly EnvelopeAddress[];
  readonly inReplyTo: string | null;
  readonly messageId: string | null;
}

/** Names in upper case, values as they stand, in the order of the header field. */
export type MimeParameters = readonly (readonly [name: string, value: string])[];

/** One body part (RFC 2045, 2046); the message itself is one, too. */
export interface MessagePart {
  /** Upper case, `TEXT` when the header says nothing usable. */
  readonly type: string;
  /** Upper case. */
  readonly subtype: string;
  readonly parameters: MimeParameters;
  readonly id: string | null;
  readonly description: string | null;
  /** Content-Transfer-Encoding in upper case; `7BIT` when it is not given. */
  readonly encoding: string;
  readonly md5: string | null;
  readonly disposition: { readonly type: string; readonly parameters: MimeParameters } | null;
  readonly language: readonly string[];
  readonly location: string | null;
  /** The part's header with the empty line that ends it. For the message itself: the message's header (`BODY[HEADER]`). */
  readonly header: ByteRange;
  /** What follows the header, without the line end that belongs to the next boundary (`BODY[1]`, `BODY[TEXT]`). */
  readonly body: ByteRange;
  /** Lines of the body; 0 of a `MULTIPART`. */
  readonly lines: number;
  /** Of a `MULTIPART`; else empty. */
  readonly parts: readonly MessagePart[];
  /** Of a `MESSAGE/RFC822`: what it holds; its ranges count from the start of the outermost message, as all do. */
  readonly message: MessageStructure | null;
}

export interface MessageStructure {
  readonly envelope: MessageEnvelope;
  /** The message as its outermost part. */
  readonly root: MessagePart;
}
