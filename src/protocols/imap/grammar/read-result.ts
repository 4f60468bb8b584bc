import type { AppendCommand, Command } from "./command.ts";

/**
 * What `CommandReader.next()` found.
 *
 * | result | what the session does |
 * |---|---|
 * | `command` | carries it out, then calls `next()` again |
 * | `line` | only from `nextLine()`: a line of AUTHENTICATE, or what ends IDLE |
 * | `more` | waits for the next chunk |
 * | `ended` | nothing more will come |
 * | `continuation` | writes `+ …`: a literal is wanted; then `next()` |
 * | `append` | calls `acceptMessage()` or `refuseMessage()`, now or later; writes `+ …` after accepting when `synchronizing` |
 * | `message` | passes the chunk on; when the mailbox is full to the brim, calls `next()` only when it may go on |
 * | `message-end` | the message of APPEND is complete and so is the command: answers it |
 * | `error` | answers `tag status [code] text`, or untagged where the tag is null, and closes where it `ends` the session; gives up an APPEND under way |
 */
export type ReadResult =
  | { readonly type: "command"; readonly command: Command }
  | { readonly type: "line"; readonly line: string }
  | { readonly type: "more" }
  | { readonly type: "ended" }
  | { readonly type: "continuation" }
  | { readonly type: "append"; readonly command: AppendCommand; readonly synchronizing: boolean }
  | { readonly type: "message"; readonly chunk: Buffer }
  | { readonly type: "message-end" }
  | CommandError;

export interface CommandError {
  readonly type: "error";
  /** Null when no tag could be read. */
  readonly tag: string | null;
  readonly status: "BAD" | "NO";
  /** What goes in brackets, without them: `BADCHARSET (US-ASCII UTF-8)`; null for none. */
  readonly code: string | null;
  readonly text: string;
  /**
   * Why nothing more is read: too much would have to be skipped, or it is no longer known where a command begins. Null
   * where the next command can be read.
   */
  readonly ends: "line-too-long" | "protocol-error" | null;
}
