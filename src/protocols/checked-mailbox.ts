/** What an embedder's mailboxes have answered: nothing is done with what is none of the objects that it should be. */
import { kindOf } from "./contract-error.ts";
import type { AccountMail, Appended, Mailbox, Maildrop, MessageContent } from "./mailbox.ts";
import { ignoreRejection } from "./session/question.ts";

/** Mailboxes answered with something that is not what the contract says. */
export class MailboxAnswerError extends TypeError {
  override readonly name = "MailboxAnswerError";
  readonly code = "mailbox-answer-invalid";

  constructor(operation: string, expected: string, answer: unknown) {
    super(`${operation}() must answer ${expected}; it was ${kindOf(answer)}.`);
  }
}

/** @throws MailboxAnswerError */
export function checkedAccount(answer: AccountMail): AccountMail {
  if (typeof answer?.close === "function") return answer;
  throw new MailboxAnswerError("open", "the mail of an account, with close() and the rest of AccountMail", answer);
}

/** @throws MailboxAnswerError */
export function checkedMailbox(answer: Mailbox): Mailbox {
  if (Array.isArray(answer?.messages) && typeof answer.changes$?.subscribe === "function") return answer;
  throw new MailboxAnswerError("select", "a mailbox, with messages, changes$ and the rest of Mailbox", answer);
}

/** @throws MailboxAnswerError */
export function checkedMaildrop(answer: Maildrop): Maildrop {
  if (Array.isArray(answer?.messages) && typeof answer.content === "function") return answer;
  throw new MailboxAnswerError("lockMaildrop", "a maildrop, with messages, content() and remove()", answer);
}

/** @throws MailboxAnswerError */
export function checkedContent(answer: MessageContent): MessageContent {
  if (typeof answer?.read === "function" && typeof answer.size === "number") return answer;
  throw new MailboxAnswerError("content", "the content of a message, with size, read() and close()", answer);
}

/** @throws MailboxAnswerError */
export function checkedAppended(answer: Appended): Appended {
  if (typeof answer?.uid === "number" && typeof answer.uidValidity === "number") return answer;
  throw new MailboxAnswerError("append", "{ uidValidity, uid }", answer);
}

/** @throws MailboxAnswerError */
export function checkedOctets(operation: string, answer: Uint8Array): Uint8Array {
  if (answer instanceof Uint8Array) return answer;
  throw new MailboxAnswerError(operation, "octets, as a Uint8Array or a Buffer", answer);
}

/** @throws MailboxAnswerError also for the promise of one, which an `async function` without `*` gives. */
export function checkedIterable<Said>(operation: string, answer: AsyncIterable<Said>): AsyncIterable<Said> {
  if (typeof answer?.[Symbol.asyncIterator] === "function") return answer;
  ignoreRejection(answer);
  throw new MailboxAnswerError(operation, "an async iterable, as an async function* does", answer);
}
