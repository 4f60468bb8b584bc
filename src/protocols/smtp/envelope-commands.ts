/** MAIL and RCPT (RFC 5321 sections 4.1.1.2 and 4.1.1.3). */
import type { Answer, Recipient } from "../backend.ts";
import { afterwards, type Outcome } from "../session/question.ts";
import { withoutBlanksBefore } from "./blanks.ts";
import { answerReply } from "./delivery-replies.ts";
import type { Complaint, SmtpDialogue } from "./dialogue.ts";
import { type MailParameters, parseMailParameters, parseRcptParameters } from "./parameters.ts";
import { isInternationalized, type ParsedPath, parsePath } from "./path.ts";
import { checkAnswer, parameterReply, replies } from "./replies.ts";
import { Transaction } from "./transaction.ts";

export function mail(dialogue: SmtpDialogue, argument: string): Complaint {
  if (!dialogue.can("command.mail")) return mailOutOfSequence(dialogue);
  const text = afterKeyword(argument, "FROM");
  if (text === null) return replies.mailSyntax;
  const path = parsePath(text, "reverse");
  if (!path) return replies.senderSyntax;
  const parameters = parseMailParameters(path.rest);
  if ("error" in parameters) return parameterReply(parameters);
  if (!parameters.smtpUtf8 && isInternationalized(argument)) return replies.senderNeedsUtf8;
  const { messageSize } = dialogue.settings.limits;
  if (parameters.size !== null && parameters.size > messageSize) {
    dialogue.reply(replies.tooBig);
    dialogue.countIdleCommand();
  } else {
    openTransaction(dialogue, path, parameters);
  }
  return null;
}

export function rcpt(dialogue: SmtpDialogue, argument: string): Complaint {
  const { transaction } = dialogue;
  if (!transaction || !dialogue.can("command.rcpt")) return rcptOutOfSequence(dialogue);
  const text = afterKeyword(argument, "TO");
  if (text === null) return replies.rcptSyntax;
  const path = parsePath(text, "forward");
  if (!path) return replies.recipientSyntax;
  const parameters = parseRcptParameters(path.rest);
  if ("error" in parameters) return parameterReply(parameters);
  if (!transaction.envelope.smtpUtf8 && isInternationalized(argument)) {
    return replies.recipientNeedsUtf8;
  }
  if (transaction.recipientsTried >= dialogue.settings.limits.recipients) {
    dialogue.reply(replies.tooManyRecipients);
  } else {
    transaction.recipientsTried++;
    askRecipient(dialogue, transaction, { address: path.address, notify: parameters.notify, orcpt: parameters.orcpt });
  }
  return null;
}

/** What follows `FROM:` or `TO:`; null where it is missing. */
function afterKeyword(argument: string, keyword: "FROM" | "TO"): string | null {
  if (argument.startsWith(keyword) && argument[keyword.length] === ":") return argument.slice(keyword.length + 1);
  const length = keyword.length;
  const colon = withoutBlanksBefore(argument.slice(length));
  if (argument.slice(0, length).toUpperCase() !== keyword || !colon.startsWith(":")) return null;
  return colon.slice(1);
}

function mailOutOfSequence(dialogue: SmtpDialogue): string {
  return dialogue.state === "start" ? dialogue.words.helloFirst : replies.nestedMail;
}

function rcptOutOfSequence(dialogue: SmtpDialogue): string {
  const { state } = dialogue;
  if (state === "start") return dialogue.words.helloFirst;
  return state === "ready" ? replies.mailFirst : replies.badSequence;
}

function openTransaction(dialogue: SmtpDialogue, path: ParsedPath, parameters: MailParameters): void {
  const { backend, limits } = dialogue.settings;
  const { size, body, smtpUtf8, dsn } = parameters;
  const transaction = new Transaction(
    {
      connection: dialogue.facts,
      protocol: dialogue.introduction.protocol,
      helo: dialogue.introduction.helo,
      identity: dialogue.identity,
      sender: path.address,
      body,
      smtpUtf8,
      size,
      dsn,
      recipients: [],
    },
    limits.messageSize,
  );
  dialogue.transaction = transaction;
  if (!backend.sender) {
    dialogue.reply(replies.senderOk);
    dialogue.send("sender.accepted");
    return;
  }
  dialogue.send("command.mail");
  dialogue.ask({
    operation: "sender",
    ask: () => afterwards(backend.sender?.(transaction.envelope), checkAnswer),
    answered: (outcome) => {
      const accepted = conclude(dialogue, outcome, replies.senderOk);
      dialogue.send(accepted ? "sender.accepted" : "sender.rejected");
      if (!accepted && !dialogue.over) dialogue.countIdleCommand();
    },
  });
}

function askRecipient(dialogue: SmtpDialogue, transaction: Transaction, recipient: Recipient): void {
  const { backend, limits } = dialogue.settings;
  if (!backend.recipient) {
    countRejected(dialogue, limits.rejectedRecipients, replies.noRelay);
    return;
  }
  dialogue.send("command.rcpt");
  dialogue.ask({
    operation: "recipient",
    ask: () => afterwards(backend.recipient?.(transaction.envelope, recipient), checkAnswer),
    answered: (outcome) => {
      const accepted = conclude(dialogue, outcome, replies.recipientOk);
      if (accepted) transaction.addRecipient(recipient);
      dialogue.send(accepted ? "recipient.accepted" : "recipient.rejected");
      if (!accepted && !dialogue.over) countRejected(dialogue, limits.rejectedRecipients, "");
    },
  });
}

function countRejected(dialogue: SmtpDialogue, limit: number, reply: string): void {
  dialogue.reply(reply);
  dialogue.rejectedRecipients++;
  if (dialogue.rejectedRecipients >= limit) dialogue.quit(replies.tooManyRejected, "too-many-errors");
}

/** Replies with the backend's answer. @returns whether it accepts. */
function conclude(dialogue: SmtpDialogue, outcome: Outcome<Answer>, accepted: string): boolean {
  const reply = "error" in outcome ? replies.backendFailed : answerReply(outcome.value, accepted);
  dialogue.reply(reply);
  return reply.startsWith("2");
}
