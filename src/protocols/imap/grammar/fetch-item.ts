/** What FETCH asks for (RFC 3501 section 6.4.5). `BODY` is BODYSTRUCTURE without extension data. */
export type FetchItem = FetchAttribute | FetchSection;

export interface FetchAttribute {
  readonly item: "BODY" | "BODYSTRUCTURE" | "ENVELOPE" | "FLAGS" | "INTERNALDATE" | "RFC822.SIZE" | "UID";
}

/** `BODY[…]`, and what RFC822, RFC822.HEADER and RFC822.TEXT mean in its terms. */
export interface FetchSection {
  readonly item: "SECTION";
  /** What the response is called by. */
  readonly form: "BODY" | "RFC822";
  /** Numbers of the part, counted from 1; empty for the message itself. */
  readonly part: readonly number[];
  /** Null asks for the whole part. */
  readonly text: "HEADER" | "HEADER.FIELDS" | "HEADER.FIELDS.NOT" | "MIME" | "TEXT" | null;
  /** Names of header fields, as the client spelled them; empty unless `text` is HEADER.FIELDS or HEADER.FIELDS.NOT. */
  readonly fields: readonly string[];
  /** False when fetching sets \Seen. */
  readonly peek: boolean;
  readonly partial: Partial | null;
}

/** `<origin.length>`: octets; there may be fewer. */
export interface Partial {
  readonly origin: number;
  readonly length: number;
}
