/** The answer to a message: one reply, or under LMTP one for each recipient (RFC 2033 section 4.2). */
import type { Answer, DeliveryAnswer } from "../backend.ts";
import type { Outcome } from "../session/question.ts";
import type { SmtpDialogue } from "./dialogue.ts";
import { backendReply, failureReply, isList, replies } from "./replies.ts";
import type { Transaction } from "./transaction.ts";

/** The session's own reply, as often as the client waits for one. */
export function repliesForAll(dialogue: SmtpDialogue, transaction: Transaction, reply: string): readonly string[] {
  const { replyForEachRecipient } = dialogue.settings.dialect;
  return replyForEachRecipient ? transaction.envelope.recipients.map(() => reply) : [reply];
}

/** The backend's answer as replies. */
export function deliveryReplies(
  dialogue: SmtpDialogue,
  transaction: Transaction,
  outcome: Outcome<DeliveryAnswer>,
): readonly string[] {
  if ("error" in outcome) return repliesForAll(dialogue, transaction, failureReply(outcome.error));
  const { value } = outcome;
  if (!isList(value)) return repliesForAll(dialogue, transaction, answerReply(value, replies.queued));
  if (dialogue.settings.dialect.replyForEachRecipient)
    return value.map((answer) => answerReply(answer, replies.queued));
  return [answerReply(value.find(refuses) ?? value[0], replies.queued)];
}

/** The reply line for the backend's answer; `accepted` where it leaves the words to the session. */
export function answerReply(answer: Answer, accepted: string): string {
  return answer === undefined ? accepted : backendReply(answer);
}

function refuses(answer: Answer): boolean {
  return answer !== undefined && answer.code >= 400;
}
