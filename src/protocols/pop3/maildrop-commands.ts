/** The commands of the transaction state (RFC 1939 section 5), and the update state behind QUIT (section 6). */
import type { MaildropMessage } from "../mailbox.ts";
import { MailboxError } from "../mailbox.ts";
import type { Complaint, Dialogue } from "./dialogue.ts";
import { MessageText } from "./message-text.ts";
import { replies } from "./replies.ts";

/** A message that a command names: its place in the maildrop, from 0. */
interface Named {
  readonly place: number;
  readonly message: MaildropMessage;
}

export function stat(dialogue: Dialogue): Complaint {
  let count = 0;
  let octets = 0;
  for (const { message } of remaining(dialogue)) {
    count++;
    octets += message.size;
  }
  dialogue.reply(`+OK ${count} ${octets}\r\n`);
  return null;
}

export function list(dialogue: Dialogue, argument: string): Complaint {
  return listing(dialogue, argument, ({ place, message }) => `${place + 1} ${message.size}`);
}

export function uidl(dialogue: Dialogue, argument: string): Complaint {
  return listing(dialogue, argument, ({ place, message }) => `${place + 1} ${message.uniqueId}`);
}

export function retr(dialogue: Dialogue, argument: string): Complaint {
  const named = find(dialogue, argument);
  if (typeof named === "string") return named;
  retrieve(dialogue, named.message, new MessageText());
  return null;
}

/** The header, the empty line and so many lines of the body (RFC 1939 section 7). */
export function top(dialogue: Dialogue, argument: string): Complaint {
  const match = /^(\d{1,9}) +(\d{1,9})$/.exec(argument);
  if (!match) return replies.topSyntax;
  const named = find(dialogue, match[1] ?? "");
  if (typeof named === "string") return named;
  retrieve(dialogue, named.message, new MessageText(Number(match[2])));
  return null;
}

export function dele(dialogue: Dialogue, argument: string): Complaint {
  const named = find(dialogue, argument);
  if (typeof named === "string") return named;
  dialogue.deleted.add(named.place);
  dialogue.reply(`+OK Message ${named.place + 1} is marked as deleted\r\n`);
  return null;
}

export function rset(dialogue: Dialogue): Complaint {
  dialogue.deleted.clear();
  dialogue.reply(replies.reset);
  return null;
}

export function noop(dialogue: Dialogue): Complaint {
  dialogue.reply(replies.ok);
  return null;
}

/** Only now is anything removed, all of it in one step. */
export function update(dialogue: Dialogue): void {
  const { maildrop, deleted } = dialogue;
  dialogue.send("command.quit");
  if (!maildrop || deleted.size === 0) {
    dialogue.quit(replies.bye, "quit");
    return;
  }
  const uids = maildrop.messages.filter((_, place) => deleted.has(place)).map(({ uid }) => uid);
  dialogue.ask({
    operation: "maildrop.remove",
    ask: () => maildrop.remove(uids),
    answered: (outcome) => dialogue.quit("error" in outcome ? replies.notRemoved : replies.bye, "quit"),
  });
}

function listing(dialogue: Dialogue, argument: string, line: (named: Named) => string): Complaint {
  if (argument !== "") {
    const named = find(dialogue, argument);
    if (typeof named === "string") return named;
    dialogue.reply(`+OK ${line(named)}\r\n`);
    return null;
  }
  dialogue.reply("+OK Listing follows\r\n");
  dialogue.listing = lines(dialogue, line);
  dialogue.send("command.list");
  return null;
}

function* lines(dialogue: Dialogue, line: (named: Named) => string): Iterator<string> {
  for (const named of remaining(dialogue)) yield `${line(named)}\r\n`;
}

/** Messages that are not marked as deleted. */
function* remaining({ maildrop, deleted }: Dialogue): Iterable<Named> {
  const messages = maildrop?.messages ?? [];
  for (const [place, message] of messages.entries()) {
    if (!deleted.has(place)) yield { place, message };
  }
}

/** @returns the message, or the reply that says why there is none. */
function find({ maildrop, deleted }: Dialogue, argument: string): Named | string {
  if (!/^\d{1,9}$/.test(argument)) return replies.numberNeeded;
  const place = Number(argument) - 1;
  const message = maildrop?.messages[place];
  if (!message) return replies.messageUnknown;
  return deleted.has(place) ? replies.messageDeleted : { place, message };
}

function retrieve(dialogue: Dialogue, { uid, size }: MaildropMessage, text: MessageText): void {
  const { maildrop } = dialogue;
  if (!maildrop) return;
  dialogue.send("command.retr");
  dialogue.ask({
    operation: "maildrop.content",
    ask: () => maildrop.content(uid),
    answered: (outcome) => {
      if ("error" in outcome) {
        const { error } = outcome;
        const gone = error instanceof MailboxError && error.code === "message-missing";
        dialogue.reply(gone ? replies.messageGone : replies.mailboxFailed);
        dialogue.send("response.sent");
        return;
      }
      dialogue.reply(`+OK ${size} octets\r\n`);
      dialogue.retrieval = { content: outcome.value, text, position: 0 };
    },
    late: (content) => content.close(),
  });
}
