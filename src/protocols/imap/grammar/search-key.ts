import type { SequenceSet } from "./sequence-set.ts";

/** SEARCH (RFC 3501 section 6.4.4). */
export interface SearchCommand {
  readonly tag: string;
  readonly name: "SEARCH";
  readonly uid: boolean;
  /** Strings are decoded already; null when the client named no charset. */
  readonly charset: "US-ASCII" | "UTF-8" | null;
  /** All keys of the command; several are one `AND`. */
  readonly key: SearchKey;
}

/**
 * A search key. The many names of the RFC come down to these: NEW is RECENT and UNSEEN, OLD is not RECENT, SUBJECT is
 * the header field of that name, UNSEEN is the flag \Seen not being there.
 */
export type SearchKey =
  | { readonly key: "ALL" }
  | { readonly key: "AND"; readonly keys: readonly SearchKey[] }
  | { readonly key: "OR"; readonly left: SearchKey; readonly right: SearchKey }
  | { readonly key: "NOT"; readonly of: SearchKey }
  /** Messages by sequence number or by UID. */
  | { readonly key: "SET"; readonly uid: boolean; readonly set: SequenceSet }
  /** The flag or keyword is there (`present`) or is not. `\Recent` is one of them. */
  | { readonly key: "FLAG"; readonly flag: string; readonly present: boolean }
  /** The calendar day of the internal date or of the Date field, without regard to time and time zone. */
  | {
      readonly key: "DATE";
      readonly of: "internal" | "sent";
      readonly relation: "before" | "on" | "since";
      /** Days since 1970-01-01: see `dayOf` and `sentDay`. */
      readonly day: number;
    }
  /** RFC822.SIZE is larger, or smaller, than so many octets. */
  | { readonly key: "SIZE"; readonly relation: "larger" | "smaller"; readonly octets: number }
  /** As HEADER, but in the addresses that ENVELOPE has of the field. */
  | { readonly key: "ADDRESS"; readonly field: "BCC" | "CC" | "FROM" | "TO"; readonly text: string }
  /** The header field is there and has the text in it; an empty text asks for the field alone. */
  | { readonly key: "HEADER"; readonly field: string; readonly text: string }
  /** The text is in the body (BODY), or in header or body (TEXT); without regard to case. */
  | { readonly key: "CONTENT"; readonly of: "body" | "message"; readonly text: string };
