/** The commands of the transaction state (RFC 1939 section 5), and the update state behind QUIT (section 6). */
import { checkedContent } from "../checked-mailbox.ts";
import { MailboxError, type MaildropMessage } from "../mailbox.ts";
import { afterwards } from "../session/question.ts";
import type { Complaint, Pop3Dialogue } from "./dialogue.ts";
import type { MarkedMaildrop, PlacedMessage } from "./marked-maildrop.ts";
import { MessageText } from "./message-text.ts";
import { replies } from "./replies.ts";

/** A dialogue in the transaction state. */
export interface Transaction {
  readonly dialogue: Pop3Dialogue;
  readonly maildrop: MarkedMaildrop;
}

export function stat({ dialogue, maildrop }: Transaction): Complaint {
  dialogue.reply(`+OK ${maildrop.count} ${maildrop.octets}\r\n`);
  return null;
}

export function list(session: Transaction, argument: string): Complaint {
  return listing(session, argument, ({ place, message }) => `${place + 1} ${message.size}`);
}

export function uidl(session: Transaction, argument: string): Complaint {
  return listing(session, argument, ({ place, message }) => `${place + 1} ${message.uniqueId}`);
}

export function retr(session: Transaction, argument: string): Complaint {
  const named = find(session, argument);
  if (typeof named === "string") return named;
  retrieve(session, named.message, new MessageText());
  return null;
}

/** The header, the empty line and a given number of lines of the body (RFC 1939 section 7). */
export function top(session: Transaction, argument: string): Complaint {
  const match = /^(\d{1,9}) +(\d{1,9})$/.exec(argument);
  if (!match) return replies.topSyntax;
  const named = find(session, match[1] ?? "");
  if (typeof named === "string") return named;
  retrieve(session, named.message, new MessageText(Number(match[2])));
  return null;
}

export function dele(session: Transaction, argument: string): Complaint {
  const named = find(session, argument);
  if (typeof named === "string") return named;
  session.maildrop.mark(named);
  session.dialogue.reply(`+OK Message ${named.place + 1} is marked as deleted\r\n`);
  return null;
}

export function rset({ dialogue, maildrop }: Transaction): Complaint {
  maildrop.unmarkAll();
  dialogue.reply(replies.reset);
  return null;
}

export function noop({ dialogue }: Transaction): Complaint {
  dialogue.reply(replies.ok);
  return null;
}

/** Only now is anything removed. */
export function update({ dialogue, maildrop }: Transaction): void {
  dialogue.send("command.quit");
  if (!maildrop.isMarked) {
    dialogue.sayGoodbye(replies.bye);
    return;
  }
  dialogue.ask({
    operation: "maildrop.remove",
    ask: () => maildrop.removeMarked(),
    answered: (outcome) => dialogue.sayGoodbye("error" in outcome ? replies.notRemoved : replies.bye),
  });
}

function listing(session: Transaction, argument: string, line: (named: PlacedMessage) => string): Complaint {
  const { dialogue, maildrop } = session;
  if (argument !== "") {
    const named = find(session, argument);
    if (typeof named === "string") return named;
    dialogue.reply(`+OK ${line(named)}\r\n`);
    return null;
  }
  dialogue.reply("+OK Listing follows\r\n");
  dialogue.listing = lines(maildrop, line);
  dialogue.send("command.list");
  return null;
}

function* lines(maildrop: MarkedMaildrop, line: (named: PlacedMessage) => string): Iterator<string> {
  for (const named of maildrop.remaining()) yield `${line(named)}\r\n`;
}

/** @returns the message, or the reply that says why there is none. */
function find({ maildrop }: Transaction, argument: string): PlacedMessage | string {
  if (!/^\d{1,9}$/.test(argument)) return replies.numberNeeded;
  const found = maildrop.find(Number(argument) - 1);
  if (found === "unknown") return replies.messageUnknown;
  return found === "marked" ? replies.messageDeleted : found;
}

function retrieve({ dialogue, maildrop }: Transaction, message: MaildropMessage, text: MessageText): void {
  dialogue.send("command.retr");
  dialogue.ask({
    operation: "maildrop.content",
    ask: () => afterwards(maildrop.content(message), checkedContent),
    answered: (outcome) => {
      if ("error" in outcome) {
        dialogue.reply(isGone(outcome.error) ? replies.messageGone : replies.mailboxFailed);
        dialogue.send("response.sent");
        return;
      }
      dialogue.reply(`+OK ${message.size} octets\r\n`);
      dialogue.retrieval = { content: outcome.value, text, position: 0 };
    },
    isAnswer: isGone,
    late: (content) => dialogue.closeOpened("maildrop.content", content),
  });
}

function isGone(error: Error): boolean {
  return error instanceof MailboxError && error.code === "message-missing";
}
