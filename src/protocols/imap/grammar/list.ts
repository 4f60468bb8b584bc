/** The special uses of a mailbox (RFC 6154 section 2). */
export const specialUses = ["\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash"] as const;

export type SpecialUse = (typeof specialUses)[number];

/** LIST, with as much of RFC 5258 as RFC 6154 stands on. */
export interface ListCommand {
  readonly tag: string;
  readonly name: "LIST";
  /** The reference name; nearly always empty. */
  readonly reference: string;
  /** Names with the wildcards `*` and `%`; one, unless the client spoke the extended syntax. An empty one asks for the hierarchy delimiter. */
  readonly patterns: readonly string[];
  readonly select: readonly ListSelection[];
  readonly return: readonly ListReturn[];
  /** The client spoke the extended syntax (RFC 5258 section 3): selection options, return options or several patterns. */
  readonly extended: boolean;
}

export type ListSelection = "RECURSIVEMATCH" | "REMOTE" | "SPECIAL-USE" | "SUBSCRIBED";
export type ListReturn = "CHILDREN" | "SPECIAL-USE" | "SUBSCRIBED";
