/** What a command is answered with, once it is over (RFC 3501 section 7.1). */
import { MailboxError, type MailboxErrorCode } from "../mailbox.ts";

export interface Completion {
  readonly status: "OK" | "NO" | "BAD";
  /** A response code without its brackets (RFC 3501 7.1, RFC 5530); null for none. */
  readonly code: string | null;
  readonly text: string;
}

export function ok(text: string, code: string | null = null): Completion {
  return { status: "OK", code, text };
}

export function no(text: string, code: string | null = null): Completion {
  return { status: "NO", code, text };
}

export function bad(text: string): Completion {
  return { status: "BAD", code: null, text };
}

/** A status response: `a1 OK [READ-WRITE] Selected`, or with `*` in place of the tag an untagged one. */
export function statusLine(tag: string, { status, code, text }: Completion): string {
  return code === null ? `${tag} ${status} ${text}\r\n` : `${tag} ${status} [${code}] ${text}\r\n`;
}

/** Ends a command from within: it is answered with this. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code = "command-refused";
  readonly completion: Completion;

  constructor(completion: Completion) {
    super(completion.text);
    this.completion = completion;
  }
}

/** Response codes of RFC 3501, 5530 and 6154 for what a mailbox refuses; null where none fits. */
const codes: Readonly<Record<MailboxErrorCode, string | null>> = {
  "mailbox-missing": "NONEXISTENT",
  "mailbox-exists": "ALREADYEXISTS",
  "mailbox-name-invalid": "CANNOT",
  "mailbox-protected": "CANNOT",
  "mailbox-not-selectable": "CANNOT",
  "mailbox-has-children": "HASCHILDREN",
  "too-many-mailboxes": "LIMIT",
  "special-use-unavailable": "USEATTR",
  "mailbox-read-only": "READ-ONLY",
  "flag-invalid": "CANNOT",
  "too-many-keywords": "LIMIT",
  "message-missing": "EXPUNGEISSUED",
  "message-incomplete": null,
  "maildrop-locked": "INUSE",
  "script-missing": "NONEXISTENT",
  "script-exists": "ALREADYEXISTS",
  "script-name-invalid": "CANNOT",
  "script-active": "INUSE",
  "script-too-large": "LIMIT",
  "too-many-scripts": "LIMIT",
  "over-quota": "OVERQUOTA",
  "storage-full": "UNAVAILABLE",
  "mailbox-unavailable": "UNAVAILABLE",
};

/** A mailbox that APPEND, COPY or MOVE wants to add to, and that the client might make first (RFC 3501 section 7.1). */
export function tryCreate(error: unknown): unknown {
  if (!(error instanceof MailboxError) || error.code !== "mailbox-missing") return error;
  return new Refused(no("There is no such mailbox; make it first", "TRYCREATE"));
}

/** How an error is answered; null when it is the server's own fault. */
export function refusal(error: unknown): Completion | null {
  if (error instanceof Refused) return error.completion;
  if (!(error instanceof MailboxError)) return null;
  return no(oneLine(error.message), codes[error.code]);
}

/** Errors of a mailbox that the operator should hear of. */
export function isServerFault(error: unknown): boolean {
  if (error instanceof Refused) return false;
  if (!(error instanceof MailboxError)) return true;
  return error.code === "storage-full" || error.code === "mailbox-unavailable";
}

/** Text of a response: one line of ASCII, and no response code where there is none. */
function oneLine(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, "?").replace(/^\[/, "(");
}

/** The answer to a command that may not come now. */
export function notNow({ state }: { readonly state: string }): Completion {
  return bad(state === "notAuthenticated" ? "Log in first" : "Select a mailbox first");
}
