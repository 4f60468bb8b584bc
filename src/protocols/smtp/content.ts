/** The content of a message: DATA (RFC 5321 section 4.1.1.4) and BDAT (RFC 3030). */
import type { Backend } from "../backend.ts";
import { giveBack } from "../give-back.ts";
import { CONTINUE, type Verdict, WAIT } from "../protocol.ts";
import { BdatReader } from "./bdat-reader.ts";
import { parseBdat } from "./command.ts";
import { DataReader } from "./data-reader.ts";
import { deliveryReplies, repliesForAll } from "./delivery-replies.ts";
import type { Complaint, SmtpDialogue } from "./dialogue.ts";
import { chunkReply, replies } from "./replies.ts";
import type { Transaction } from "./transaction.ts";
import { UnwantedChunk } from "./unwanted-chunk.ts";

const LINE_END = Buffer.from("\r\n");

export function data(dialogue: SmtpDialogue, argument: string): Complaint {
  if (argument !== "") return replies.noArguments;
  const { transaction } = dialogue;
  if (!transaction || !dialogue.can("command.data")) return outOfSequence(dialogue);
  if (!takesMessages(dialogue.settings.backend)) return replies.noMessages;
  dialogue.content = new DataReader(dialogue.settings.limits.textLine);
  dialogue.send("command.data");
  begin(dialogue, transaction);
  dialogue.reply(replies.startContent);
  return null;
}

export function bdat(dialogue: SmtpDialogue, argument: string): Complaint {
  const chunk = parseBdat(argument);
  // Where the chunk ends is not known: what follows must not be taken for commands.
  if (!chunk) {
    dialogue.quit(replies.bdatSyntax, "protocol-error");
    return null;
  }
  const { transaction } = dialogue;
  const { limits, backend } = dialogue.settings;
  if (!transaction || !dialogue.can("command.bdat")) return discard(dialogue, chunk.octets, outOfSequence(dialogue));
  if (!takesMessages(backend)) return discard(dialogue, chunk.octets, replies.noMessages);
  if (dialogue.state === "rcpt") {
    dialogue.content = new BdatReader(limits.textLine);
    dialogue.send("command.bdat");
    begin(dialogue, transaction);
  }
  if (transaction.exceeds(chunk.octets)) {
    transaction.refuse(replies.tooBig);
    if (chunk.octets > 2 * limits.messageSize) dialogue.quit(replies.tooBig, "protocol-error");
  }
  if (dialogue.content instanceof BdatReader) dialogue.content.begin(chunk.octets, chunk.last);
  return null;
}

/** Reads what follows DATA. @returns null when there may be more to do. */
export function readData(dialogue: SmtpDialogue): Verdict | null {
  const { transaction, content, reader } = dialogue;
  if (!transaction || !(content instanceof DataReader)) return WAIT;
  if (transaction.full) return WAIT;
  const chunk = reader.rest();
  if (!chunk) return inputMissing(dialogue);
  reader.skip(content.read(chunk));
  if (content.bareLineEnd) transaction.refuse(replies.bareLineEnd);
  if (transaction.exceeds(content.content.length)) transaction.refuse(replies.tooBig);
  transaction.add(content.content);
  if (content.lineTooLong) dialogue.quit(replies.lineTooLong, "line-too-long");
  else if (content.ended) contentEnded(dialogue, transaction);
  else if (exhausted(dialogue, transaction)) dialogue.quit(replies.tooBig, "protocol-error");
  return null;
}

/** Reads octets of a BDAT chunk. @returns null when there may be more to do. */
export function readChunk(dialogue: SmtpDialogue, chunks: BdatReader): Verdict | null {
  const { transaction, reader } = dialogue;
  if (!transaction) return WAIT;
  if (chunks.remaining > 0) {
    if (transaction.full) return WAIT;
    const octets = reader.take(chunks.remaining);
    if (!octets) return inputMissing(dialogue);
    chunks.read(octets);
    if (chunks.bareLineEnd) transaction.refuse(replies.bareLineEnd);
    transaction.add(octets);
    if (chunks.lineTooLong) dialogue.quit(replies.lineTooLong, "line-too-long");
    if (dialogue.over || chunks.remaining > 0) return null;
  }
  chunkEnded(dialogue, transaction, chunks);
  return null;
}

/** Reads octets of a chunk that is not wanted. @returns null when there may be more to do. */
export function readUnwanted(dialogue: SmtpDialogue, unwanted: UnwantedChunk): Verdict | null {
  if (unwanted.remaining > 0) {
    const octets = dialogue.reader.take(unwanted.remaining);
    if (!octets) return inputMissing(dialogue);
    unwanted.remaining -= octets.length;
    giveBack(octets);
    if (unwanted.remaining > 0) return null;
  }
  dialogue.content = null;
  dialogue.complain(unwanted.reply);
  return null;
}

/** Tells the client what became of its message. @returns false while the backend has not answered. */
export function finishDelivery(dialogue: SmtpDialogue): boolean {
  const { transaction } = dialogue;
  if (!transaction?.outcome) return false;
  answer(dialogue, transaction, deliveryReplies(dialogue, transaction, transaction.outcome));
  return true;
}

function takesMessages({ message, wholeMessage }: Backend): boolean {
  return message !== undefined || wholeMessage !== undefined;
}

function outOfSequence(dialogue: SmtpDialogue): string {
  switch (dialogue.state) {
    case "start":
      return dialogue.words.helloFirst;
    case "ready":
      return replies.mailFirst;
    case "mail":
      return dialogue.words.noRecipients;
    default:
      return replies.badSequence;
  }
}

function discard(dialogue: SmtpDialogue, octets: number, reply: string): null {
  if (octets > 2 * dialogue.settings.limits.messageSize) dialogue.quit(reply, "protocol-error");
  else dialogue.content = new UnwantedChunk(octets, reply);
  return null;
}

function begin(dialogue: SmtpDialogue, transaction: Transaction): void {
  const { wire, settings } = dialogue;
  const { backend, limits } = settings;
  wire.setIdleTimeout(limits.contentTimeout);
  transaction.begin(backend, dialogue);
}

function inputMissing(dialogue: SmtpDialogue): Verdict | null {
  if (!dialogue.reader.ended) return CONTINUE;
  dialogue.end("peer-ended");
  return null;
}

/** A refused message is read to its end, but not for ever. */
function exhausted(dialogue: SmtpDialogue, transaction: Transaction): boolean {
  return transaction.size > 2 * dialogue.settings.limits.messageSize;
}

function contentEnded(dialogue: SmtpDialogue, transaction: Transaction): void {
  dialogue.wire.setIdleTimeout(dialogue.settings.limits.commandTimeout);
  if (transaction.refusal !== null) {
    answer(dialogue, transaction, repliesForAll(dialogue, transaction, transaction.refusal));
  } else {
    dialogue.send("content.ended");
    transaction.finish();
  }
}

function chunkEnded(dialogue: SmtpDialogue, transaction: Transaction, chunks: BdatReader): void {
  chunks.complete();
  if (chunks.last) {
    if (chunks.bareLineEnd) transaction.refuse(replies.bareLineEnd);
    // As after DATA, whose content ends with a line end: POP3 needs one, and has announced the size before (RFC 1939 section 11).
    if (chunks.hasOpenLine) transaction.add(LINE_END);
    contentEnded(dialogue, transaction);
    return;
  }
  const early = earlyFailure(dialogue, transaction);
  // A message that has failed is over with the chunk in which it failed (RFC 3030 section 2).
  if (early !== null) {
    dialogue.wire.setIdleTimeout(dialogue.settings.limits.commandTimeout);
    answer(dialogue, transaction, [early]);
  } else {
    dialogue.reply(chunkReply(chunks.size));
  }
}

/** The reply to a chunk that is not the last one, when the message has failed for every recipient. */
function earlyFailure(dialogue: SmtpDialogue, transaction: Transaction): string | null {
  const { refusal, outcome } = transaction;
  if (refusal !== null) return refusal;
  const said = outcome ? deliveryReplies(dialogue, transaction, outcome) : [];
  return said.some(accepts) ? null : (said[0] ?? null);
}

function accepts(reply: string): boolean {
  return reply.startsWith("2");
}

function answer(dialogue: SmtpDialogue, transaction: Transaction, said: readonly string[]): void {
  const { size, envelope } = transaction;
  let accepted = 0;
  let refusal: string | undefined;
  for (const reply of said) {
    dialogue.reply(reply);
    if (accepts(reply)) accepted++;
    else refusal ??= reply;
  }
  if (accepted > 0) {
    const recipients = dialogue.settings.dialect.replyForEachRecipient ? accepted : envelope.recipients.length;
    dialogue.wire.notice({ type: "session.messageAccepted", size, recipients });
    dialogue.madeProgress();
  }
  if (refusal !== undefined) {
    const text = refusal.slice(4).trimEnd();
    dialogue.wire.notice({ type: "session.messageRejected", size, code: Number(refusal.slice(0, 3)), text });
  }
  dialogue.send("message.answered");
  if (accepted === 0 && !dialogue.over) dialogue.countIdleCommand();
}
