/** How the commands that need the mailbox are carried out: in a busy state of the chart, over as many turns as they take. */
import type { AccountMail } from "../mailbox.ts";
import type { ClientView } from "./client-view.ts";
import { type Completion, notNow } from "./completion.ts";
import type { ImapDialogue } from "./dialogue.ts";
import type { Tagged } from "./grammar/command.ts";

/** What a command on the account works on. */
export interface OnAccount {
  readonly dialogue: ImapDialogue;
  readonly account: AccountMail;
}

/** What a command on the selected mailbox works on. */
export interface OnMailbox extends OnAccount {
  readonly view: ClientView;
}

/** Carries out a command that needs a log-in. */
export function onAccount(dialogue: ImapDialogue, { tag }: Tagged, work: (on: OnAccount) => Promise<Completion>): void {
  const { account } = dialogue;
  if (!account || !dialogue.can("command.onAccount")) {
    dialogue.complete(tag, notNow(dialogue));
    return;
  }
  dialogue.send("command.onAccount");
  void dialogue.carryOut(tag, async () => ({ completion: await work({ dialogue, account }), expunges: true }));
}

/** Carries out a command that needs a selected mailbox. */
export function onMailbox(
  dialogue: ImapDialogue,
  { tag, keepsNumbers = false }: Tagged & { readonly keepsNumbers?: boolean },
  work: (on: OnMailbox) => Promise<Completion>,
): void {
  const { account, view } = dialogue;
  if (!account || !view || !dialogue.can("command.onMailbox")) {
    dialogue.complete(tag, notNow(dialogue));
    return;
  }
  dialogue.send("command.onMailbox");
  void dialogue.carryOut(tag, async () => ({
    completion: await work({ dialogue, account, view }),
    expunges: !keepsNumbers,
  }));
}
