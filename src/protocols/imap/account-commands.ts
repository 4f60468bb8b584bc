/** Commands of the authenticated state (RFC 3501 section 6.3) but LIST, LSUB and APPEND. */
import { checkedMailbox } from "../checked-mailbox.ts";
import { HIERARCHY_DELIMITER, type MailboxStatus } from "../mailbox.ts";
import { onAccount, onMailbox } from "./carry-out.ts";
import { ClientView } from "./client-view.ts";
import { bad, notNow, ok } from "./completion.ts";
import type { ImapDialogue } from "./dialogue.ts";
import type {
  CreateCommand,
  EnableCommand,
  MailboxCommand,
  PlainCommand,
  RenameCommand,
  SelectCommand,
  StatusCommand,
  StatusItem,
  Tagged,
} from "./grammar/command.ts";
import { formatStatus } from "./grammar/format-response.ts";
import { expungeAll } from "./message-commands.ts";
import { flagLists } from "./untagged.ts";

/** What a message costs when a mailbox is selected, in steps of `ImapDialogue.tires`. */
const STEPS_OF_MESSAGE = 10;

/** SELECT and EXAMINE. A failure leaves no mailbox selected (RFC 3501 section 6.3.1). */
export function select(dialogue: ImapDialogue, { tag, name, mailbox }: SelectCommand): void {
  onAccount(dialogue, { tag }, async ({ account }) => {
    dialogue.closeMailbox();
    dialogue.send("mailbox.closed");
    const selected = checkedMailbox(await account.select(mailbox, { readOnly: name === "EXAMINE" }));
    // Many sessions may have waited for the same mailbox.
    if (dialogue.tires(selected.messages.length * STEPS_OF_MESSAGE)) await dialogue.breathe();
    if (dialogue.over) {
      dialogue.closeOpened("mailbox", selected);
      return ok("Selected");
    }
    const view = new ClientView(selected, dialogue.mailboxChanged);
    dialogue.view = view;
    dialogue.send("mailbox.selected");
    sayMailbox(dialogue, view);
    return ok("Selected", selected.readOnly ? "READ-ONLY" : "READ-WRITE");
  });
}

function sayMailbox({ output }: ImapDialogue, view: ClientView): void {
  const { mailbox, firstUnseen } = view;
  output.text(flagLists(view));
  output.text(`* ${view.count} EXISTS\r\n* ${view.recent} RECENT\r\n`);
  if (firstUnseen > 0) output.text(`* OK [UNSEEN ${firstUnseen}] First message that was not seen\r\n`);
  output.text(`* OK [UIDVALIDITY ${mailbox.uidValidity}] UIDs are valid\r\n`);
  output.text(`* OK [UIDNEXT ${mailbox.uidNext}] Next UID\r\n`);
}

/** CLOSE and UNSELECT (RFC 3691). CLOSE sends no EXPUNGE responses. */
export function leave(dialogue: ImapDialogue, { tag, name }: PlainCommand): void {
  onMailbox(dialogue, { tag }, async ({ view }) => {
    if (name === "CLOSE" && !view.mailbox.readOnly && !view.deleted) await expungeAll(view);
    dialogue.closeMailbox();
    dialogue.send("mailbox.closed");
    return ok("Closed");
  });
}

export function create(dialogue: ImapDialogue, { tag, mailbox, specialUse }: CreateCommand): void {
  onAccount(dialogue, { tag }, async ({ account }) => {
    await account.create(mailbox, { specialUse });
    return ok("Created");
  });
}

/** DELETE. One's own selected mailbox is left by it. */
export function remove(dialogue: ImapDialogue, { tag, mailbox }: MailboxCommand): void {
  onAccount(dialogue, { tag }, async ({ account }) => {
    await account.delete(mailbox);
    if (dialogue.view?.deleted) {
      dialogue.closeMailbox();
      dialogue.send("mailbox.closed");
    }
    return ok("Deleted");
  });
}

export function rename(dialogue: ImapDialogue, { tag, from, to }: RenameCommand): void {
  onAccount(dialogue, { tag }, async ({ account }) => {
    await account.rename(from, to);
    return ok("Renamed");
  });
}

/** SUBSCRIBE and UNSUBSCRIBE. */
export function subscribe(dialogue: ImapDialogue, { tag, name, mailbox }: MailboxCommand): void {
  onAccount(dialogue, { tag }, async ({ account }) => {
    await (name === "SUBSCRIBE" ? account.subscribe(mailbox) : account.unsubscribe(mailbox));
    return ok("Done");
  });
}

const statusValues: Readonly<Record<StatusItem, (values: MailboxStatus) => number>> = {
  MESSAGES: ({ messages }) => messages,
  RECENT: ({ recent }) => recent,
  UIDNEXT: ({ uidNext }) => uidNext,
  UIDVALIDITY: ({ uidValidity }) => uidValidity,
  UNSEEN: ({ unseen }) => unseen,
};

export function status(dialogue: ImapDialogue, { tag, mailbox, items }: StatusCommand): void {
  onAccount(dialogue, { tag }, async ({ account }) => {
    const values = await account.status(mailbox);
    const counts = items.map((item) => [item, statusValues[item](values)] as const);
    dialogue.output.text(formatStatus(mailbox, counts));
    return ok("Done");
  });
}

/** RFC 2342: there are personal mailboxes only. */
export function namespace(dialogue: ImapDialogue, { tag }: Tagged): void {
  if (!dialogue.can("command.onAccount")) {
    dialogue.complete(tag, notNow(dialogue));
    return;
  }
  dialogue.output.text(`* NAMESPACE (("" "${HIERARCHY_DELIMITER}")) NIL NIL\r\n`);
  dialogue.complete(tag, ok("Done"));
}

/** RFC 5161: there is nothing yet that has to be enabled. What is not known is passed over. */
export function enable(dialogue: ImapDialogue, { tag }: EnableCommand): void {
  if (dialogue.state === "selected") {
    dialogue.complete(tag, bad("Too late: a mailbox is selected"));
    return;
  }
  if (!dialogue.can("command.onAccount")) {
    dialogue.complete(tag, notNow(dialogue));
    return;
  }
  dialogue.output.text("* ENABLED\r\n");
  dialogue.complete(tag, ok("Done"));
}
