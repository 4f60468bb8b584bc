/**
 * What one command may cost. Sizes are octets. A peer that is not authenticated gets `unauthenticatedGrammarLimits`: room
 * for the largest ID of RFC 2971 section 3.3, which has 30 fields of 30 octets and values of 1024, with each octet
 * escaped or as literals.
 *
 * | limit | before login | after login | when it is crossed |
 * |---|---|---|---|
 * | `line` | 65536 | 65536 | tagged BAD; the command is skipped, so that before login it ends the session; lines of a command together |
 * | `literal` | 1024 | 65536 | a synchronising literal: tagged BAD instead of `+`; else the literal is skipped, then tagged BAD |
 * | `literals` | 32768 | 262144 | as `literal`; all literals of a command together |
 * | `skipped` | 4096 | 104857600 | BAD, then the end of the session: more of a wrong command is not read for the sake of the next one |
 * | `depth` | 1 | 32 | tagged BAD; parentheses, NOT and OR within each other in SEARCH |
 * | `items` | 32 | 4096 | tagged BAD; search keys, fetch items, header fields, flags |
 * | `textKeys` | 1 | 64 | tagged NO [LIMIT]; search keys that look into messages, each of which may read a whole mailbox |
 *
 * The message of APPEND counts for none of them: its size is announced before any of it is read, and it streams.
 */
export interface GrammarLimits {
  readonly line: number;
  readonly literal: number;
  readonly literals: number;
  readonly skipped: number;
  readonly depth: number;
  readonly items: number;
  readonly textKeys: number;
}

export const unauthenticatedGrammarLimits: GrammarLimits = Object.freeze({
  line: 65_536,
  literal: 1024,
  literals: 32_768,
  skipped: 4096,
  depth: 1,
  items: 32,
  textKeys: 1,
});

export const authenticatedGrammarLimits: GrammarLimits = Object.freeze({
  line: 65_536,
  literal: 65_536,
  literals: 262_144,
  skipped: 104_857_600,
  depth: 32,
  items: 4096,
  textKeys: 64,
});
