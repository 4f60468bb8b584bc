/**
 * The commands of a client as values: RFC 3501 section 6, with SASL-IR, IDLE, NAMESPACE, UIDPLUS, ID, ENABLE, UNSELECT,
 * MOVE and SPECIAL-USE. `UID FETCH` and its like are the plain command with `uid: true`.
 *
 * Mailbox names are Unicode (RFC 3501 section 5.1.3 undone), and any spelling of INBOX is `INBOX`. Other strings are what
 * their octets mean as UTF-8.
 */

import type { FetchItem } from "./fetch-item.ts";
import type { Flag } from "./flags.ts";
import type { ListCommand, SpecialUse } from "./list.ts";
import type { SearchCommand } from "./search-key.ts";
import type { SequenceSet } from "./sequence-set.ts";

export type Command =
  | PlainCommand
  | AuthenticateCommand
  | LoginCommand
  | EnableCommand
  | IdCommand
  | SelectCommand
  | CreateCommand
  | MailboxCommand
  | RenameCommand
  | ListCommand
  | LsubCommand
  | StatusCommand
  | AppendCommand
  | ExpungeCommand
  | SearchCommand
  | FetchCommand
  | StoreCommand
  | CopyCommand;

export type CommandName = Command["name"];

export interface Tagged {
  /** What the answer to the command begins with. */
  readonly tag: string;
}

/** A command without arguments. */
export interface PlainCommand extends Tagged {
  readonly name: "CAPABILITY" | "NOOP" | "LOGOUT" | "STARTTLS" | "NAMESPACE" | "IDLE" | "CHECK" | "CLOSE" | "UNSELECT";
}

export interface AuthenticateCommand extends Tagged {
  readonly name: "AUTHENTICATE";
  /** In upper case. */
  readonly mechanism: string;
  /** Base64 as sent, where `=` stands for an empty response (RFC 4959); null when there is none. */
  readonly initialResponse: string | null;
}

export interface LoginCommand extends Tagged {
  readonly name: "LOGIN";
  readonly username: string;
  readonly password: string;
}

/** RFC 5161. */
export interface EnableCommand extends Tagged {
  readonly name: "ENABLE";
  /** In upper case. */
  readonly capabilities: readonly string[];
}

/** RFC 2971. */
export interface IdCommand extends Tagged {
  readonly name: "ID";
  /** Field names are in lower case; null stands for NIL. */
  readonly parameters: ReadonlyMap<string, string | null> | null;
}

export interface SelectCommand extends Tagged {
  readonly name: "SELECT" | "EXAMINE";
  readonly mailbox: string;
}

export interface CreateCommand extends Tagged {
  readonly name: "CREATE";
  readonly mailbox: string;
  /** What `USE` asks for (RFC 6154 section 3); empty when it asks for nothing. */
  readonly specialUse: readonly SpecialUse[];
}

export interface MailboxCommand extends Tagged {
  readonly name: "DELETE" | "SUBSCRIBE" | "UNSUBSCRIBE";
  readonly mailbox: string;
}

export interface RenameCommand extends Tagged {
  readonly name: "RENAME";
  readonly from: string;
  readonly to: string;
}

export interface LsubCommand extends Tagged {
  readonly name: "LSUB";
  readonly reference: string;
  /** A name with the wildcards `*` and `%`. */
  readonly pattern: string;
}

export const statusItems = ["MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN"] as const;

export type StatusItem = (typeof statusItems)[number];

export interface StatusCommand extends Tagged {
  readonly name: "STATUS";
  readonly mailbox: string;
  readonly items: readonly StatusItem[];
}

/** All of APPEND but the message, which streams: see `CommandReader`. */
export interface AppendCommand extends Tagged {
  readonly name: "APPEND";
  readonly mailbox: string;
  readonly flags: readonly Flag[];
  /** Null when the client gave none. */
  readonly internalDate: InternalDate | null;
  /** Octets of the message. */
  readonly size: number;
}

/** A moment, with the offset from UTC that it was given in. */
export interface InternalDate {
  /** Milliseconds since 1970-01-01 00:00 UTC. */
  readonly time: number;
  /** Minutes east of UTC. */
  readonly offset: number;
}

export interface ExpungeCommand extends Tagged {
  readonly name: "EXPUNGE";
  /** The set of UID EXPUNGE (RFC 4315 section 2.1); null for the plain command. */
  readonly set: SequenceSet | null;
}

export interface FetchCommand extends Tagged {
  readonly name: "FETCH";
  readonly uid: boolean;
  readonly set: SequenceSet;
  /** Macros are resolved. Not empty. `UID` is there only when the client asked for it. */
  readonly items: readonly FetchItem[];
}

export interface StoreCommand extends Tagged {
  readonly name: "STORE";
  readonly uid: boolean;
  readonly set: SequenceSet;
  readonly action: "add" | "remove" | "replace";
  readonly silent: boolean;
  readonly flags: readonly Flag[];
}

/** MOVE is RFC 6851. */
export interface CopyCommand extends Tagged {
  readonly name: "COPY" | "MOVE";
  readonly uid: boolean;
  readonly set: SequenceSet;
  readonly mailbox: string;
}
