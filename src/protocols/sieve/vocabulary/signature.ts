/** What a command or a test takes. */
import type { SieveExtension } from "../extensions.ts";
import type { StringRule } from "../string-rules.ts";

/** What a value is: one string, one or more, or a number. */
export type ValueType = "string" | "string-list" | "number";

export interface ValueRule {
  /** For error messages: `the mailbox`. */
  readonly name: string;
  readonly type: ValueType;
  /** The least number; unless given, 0. */
  readonly least?: number;
  /** What its strings have to be. */
  readonly strings?: StringRule;
  /** May be left out; of an extension, is there only with it. Such a value is the first or the last. */
  readonly optional?: SieveExtension | true;
}

export interface TagRule {
  /** Without the colon. */
  readonly name: string;
  /** Only one tag of a group may be given; a tag without a group is one of its own. */
  readonly group?: string;
  readonly extension?: SieveExtension;
  /** The argument that follows the tag. */
  readonly value?: ValueRule;
  /** Makes sense only beside this other tag. */
  readonly beside?: string;
  /** Beside this tag the strings of this value are of that other kind; null for any. */
  readonly changes?: { readonly value: ValueRule; readonly to: StringRule | null };
}

export interface Signature {
  readonly kind: "command" | "test";
  /** One, or several that are all needed. */
  readonly extension?: SieveExtension | readonly SieveExtension[];
  readonly tags: readonly TagRule[];
  /** Groups that need one of their tags. */
  readonly needs?: readonly string[];
  readonly values: readonly ValueRule[];
  readonly tests: "none" | "one" | "list";
  readonly block: boolean;
  /** Stands only within the block of this command. */
  readonly within?: string;
}

/** Names with what they take; some names have several forms, by kind or by extension. */
export type Words = readonly (readonly [name: string, ...forms: readonly Signature[]])[];

export function command(rules: Partial<Omit<Signature, "kind">> = {}): Signature {
  return { tags: [], values: [], tests: "none", block: false, ...rules, kind: "command" };
}

export function test(rules: Partial<Omit<Signature, "kind" | "block">> = {}): Signature {
  return { tags: [], values: [], tests: "none", ...rules, kind: "test", block: false };
}
