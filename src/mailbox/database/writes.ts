import { INBOX } from "../../protocols/mailbox.ts";
import type { Delivery, Write, WriteName, Writes } from "../store/store-calls.ts";
import { accountFor, mailboxNamed, missingMailbox } from "./account-rows.ts";
import { createMailbox, deleteMailbox, renameMailbox, subscribe, unsubscribe } from "./hierarchy-writes.ts";
import {
  addMessage,
  append,
  copy,
  expunge,
  hasRoom,
  insertContent,
  markRecent,
  selectMailbox,
  storeFlags,
} from "./message-writes.ts";
import { keepOutlines } from "./outline-rows.ts";
import { activateScript, deleteScript, putScript, renameScript } from "./script-writes.ts";
import type { WriteContext } from "./write-context.ts";

/** Carries out one write within a transaction. @throws MailboxError, or what SQLite says. */
export function carryOut(context: WriteContext, write: Write): Writes[WriteName]["reply"] {
  switch (write.name) {
    case "deliver":
      return deliver(context, write.request);
    case "keepOutlines":
      return keepOutlines(context, write.request);
    case "open":
      accountFor(context, write.request.account);
      return null;
    case "create":
      return createMailbox(context, write.request);
    case "delete":
      return deleteMailbox(context, write.request);
    case "rename":
      return renameMailbox(context, write.request);
    case "subscribe":
      return subscribe(context, write.request);
    case "unsubscribe":
      return unsubscribe(context, write.request);
    case "select":
      return selectMailbox(context, write.request);
    case "markRecent":
      return markRecent(context, write.request);
    case "append":
      return append(context, write.request);
    case "storeFlags":
      return storeFlags(context, write.request);
    case "copy":
      return copy(context, write.request);
    case "expunge":
      return expunge(context, write.request);
    case "putScript":
      return putScript(context, write.request);
    case "deleteScript":
      return deleteScript(context, write.request);
    case "renameScript":
      return renameScript(context, write.request);
    case "activateScript":
      return activateScript(context, write.request);
  }
}

/** Files a message in the INBOX of each recipient. @returns accounts that have no room for it. */
function deliver(context: WriteContext, { content, sender, recipients, trace }: Delivery): string[] {
  const { size } = content;
  const accounts = recipients.map(({ account, address }) => ({ account, address, id: accountFor(context, account) }));
  const withRoom = accounts.filter(({ id }) => hasRoom(context, { account: id, size }));
  if (withRoom.length > 0) {
    const key = insertContent(context, { content, sender, trace });
    for (const { id, address } of withRoom) {
      const mailbox = mailboxNamed(context.sql, { account: id, name: INBOX });
      if (!mailbox) throw missingMailbox();
      const internalDate = content.receivedAt;
      addMessage(context, { mailbox, content: key, size, flags: 0, internalDate, recipient: address });
    }
  }
  return accounts.filter((account) => !withRoom.includes(account)).map(({ account }) => account);
}
