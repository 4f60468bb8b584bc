/** STARTTLS, AUTHENTICATE and UNAUTHENTICATE (RFC 5804 sections 2.1, 2.2 and 2.14.1). */
import type { Identity } from "../backend.ts";
import { checkedAccount } from "../checked-mailbox.ts";
import type { AccountMail } from "../mailbox.ts";
import { LogIn } from "../session/log-in.ts";
import { afterwards } from "../session/question.ts";
import type { Complaint, ManageSieveDialogue } from "./dialogue.ts";
import { challengeReply, replies } from "./replies.ts";
import type { Word } from "./words.ts";

export const logIn = new LogIn<ManageSieveDialogue, string>({
  begun: "command.authenticate",
  failed: "login.failed",
  challengeReply,
  refusals: {
    "mechanism-unknown": replies.authMechanism,
    malformed: replies.authMalformed,
    cancelled: replies.authCancelled,
  },
  sayRefused: (dialogue, reply) => dialogue.complain(reply),
  sayRejected: (dialogue, last) => {
    dialogue.reply(replies.authInvalid);
    if (last) dialogue.reply(replies.tooManyFailures);
  },
  sayUnavailable: (dialogue) => dialogue.reply(replies.temporary),
  sayTakenOver: (dialogue) => dialogue.reply(replies.loggedIn),
  accepted: openAccount,
});

/** Whatever follows in clear is dropped, the unterminated fragment of a line included. */
export function startTls(dialogue: ManageSieveDialogue): Complaint {
  if (dialogue.wire.tls) return replies.tlsActive;
  if (!dialogue.can("command.starttls")) return replies.loggedInAlready;
  if (!dialogue.wire.canUpgrade) return replies.tlsUnavailable;
  dialogue.reply(replies.startTls);
  dialogue.reader.clear();
  dialogue.send("command.starttls");
  return null;
}

export function authenticate(dialogue: ManageSieveDialogue, mechanism: string, initial: string | undefined): Complaint {
  const { login } = dialogue;
  if (!dialogue.can("command.authenticate")) return replies.loggedInAlready;
  if (!login.available) return replies.authUnavailable;
  if (!login.offered) return replies.authNeedsTls;
  logIn.proceed(dialogue, login.start(mechanism, initial));
  return null;
}

/** The client's next words of the exchange: one string. */
export function continueAuthentication(dialogue: ManageSieveDialogue, words: readonly Word[]): void {
  const [word, excess] = words;
  if (word?.type !== "string" || excess) logIn.giveUp(dialogue, replies.authMalformed);
  else logIn.proceed(dialogue, dialogue.login.respond(word.octets.toString("latin1")));
}

export function unauthenticate(dialogue: ManageSieveDialogue): Complaint {
  dialogue.reply(replies.unauthenticated);
  dialogue.commands = 0;
  dialogue.wire.setSessionTimeout(dialogue.settings.limits.loginTimeout);
  dialogue.send("command.unauthenticate");
  return null;
}

function openAccount(dialogue: ManageSieveDialogue, identity: Identity): void {
  dialogue.ask<AccountMail>({
    operation: "mailboxes",
    ask: () => afterwards(dialogue.settings.mailboxes.open(identity), checkedAccount),
    answered: (outcome) => {
      if ("error" in outcome) logIn.unavailable(dialogue);
      else welcome(dialogue, outcome.value, identity);
    },
    late: (account) => dialogue.closeOpened("mailboxes", account),
  });
}

function welcome(dialogue: ManageSieveDialogue, account: AccountMail, identity: Identity): void {
  dialogue.account = account;
  dialogue.owner = identity.username;
  dialogue.forgiveErrors();
  dialogue.wire.setSessionTimeout(null);
  dialogue.reply(replies.loggedIn);
  dialogue.send("login.succeeded");
}
