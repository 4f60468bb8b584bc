/** USER and PASS (RFC 1939 section 7), AUTH (RFC 5034), and what a log-in leads to. */
import type { Identity } from "../backend.ts";
import { checkedAccount, checkedMaildrop } from "../checked-mailbox.ts";
import { type AccountMail, MailboxError, type Maildrop } from "../mailbox.ts";
import { LogIn } from "../session/log-in.ts";
import type { Outcome } from "../session/question.ts";
import type { Complaint, Pop3Dialogue } from "./dialogue.ts";
import { MarkedMaildrop } from "./marked-maildrop.ts";
import { challengeReply, replies } from "./replies.ts";

export const logIn = new LogIn<Pop3Dialogue, string>({
  begun: "command.auth",
  failed: "login.failed",
  challengeReply,
  refusals: {
    "mechanism-unknown": replies.authMechanism,
    malformed: replies.authMalformed,
    cancelled: replies.authCancelled,
  },
  sayRefused: (dialogue, reply) => dialogue.complain(reply),
  sayRejected: (dialogue, last) => dialogue.reply(last ? replies.tooManyFailures : replies.credentialsWrong),
  sayUnavailable: (dialogue) => dialogue.reply(replies.loginFailed),
  sayTakenOver: (dialogue) => dialogue.reply(replies.ok),
  accepted: lock,
});

export function user(dialogue: Pop3Dialogue, argument: string): Complaint {
  const obstacle = loginObstacle(dialogue);
  if (obstacle !== null) return obstacle;
  if (argument === "") return replies.nameNeeded;
  dialogue.username = argument;
  dialogue.reply(replies.nameGiven);
  dialogue.send("command.user");
  return null;
}

/** The password is all that follows the first space, spaces included. */
export function pass(dialogue: Pop3Dialogue, argument: string): Complaint {
  const obstacle = loginObstacle(dialogue);
  if (obstacle !== null) return obstacle;
  if (dialogue.state !== "named") return replies.userFirst;
  if (argument === "") return replies.passwordNeeded;
  logIn.proceed(dialogue, dialogue.login.password("USER", dialogue.username, argument));
  return null;
}

export function auth(dialogue: Pop3Dialogue, argument: string): Complaint {
  const obstacle = loginObstacle(dialogue);
  if (obstacle !== null) return obstacle;
  const [mechanism, initial, excess] = argument.split(/ +/);
  if (!mechanism || excess !== undefined) return replies.authSyntax;
  logIn.proceed(dialogue, dialogue.login.start(mechanism, initial));
  return null;
}

function loginObstacle({ login, maildrop }: Pop3Dialogue): string | null {
  if (maildrop) return replies.loggedIn;
  if (!login.available) return replies.loginUnavailable;
  return login.offered ? null : replies.loginNeedsTls;
}

interface Opened {
  readonly account: AccountMail;
  readonly maildrop: Maildrop;
}

function lock(dialogue: Pop3Dialogue, identity: Identity): void {
  const { mailboxes } = dialogue.settings;
  dialogue.send("login.succeeded");
  dialogue.ask<Opened>({
    operation: "maildrop.lock",
    ask: async () => {
      const account = checkedAccount(await mailboxes.open(identity));
      try {
        return { account, maildrop: checkedMaildrop(await account.lockMaildrop()) };
      } catch (error) {
        dialogue.closeOpened("mailboxes", account);
        throw error;
      }
    },
    answered: (outcome) => locked(dialogue, outcome),
    isAnswer: isInUse,
    late: ({ account }) => dialogue.closeOpened("mailboxes", account),
  });
}

function locked(dialogue: Pop3Dialogue, outcome: Outcome<Opened>): void {
  if ("error" in outcome) {
    dialogue.reply(isInUse(outcome.error) ? replies.inUse : replies.loginFailed);
    dialogue.send("maildrop.unavailable");
    return;
  }
  const { account, maildrop } = outcome.value;
  dialogue.account = account;
  dialogue.maildrop = new MarkedMaildrop(maildrop);
  dialogue.forgiveErrors();
  dialogue.wire.setSessionTimeout(null);
  dialogue.reply(`+OK ${maildrop.messages.length} messages\r\n`);
  dialogue.send("maildrop.locked");
}

function isInUse(error: Error): boolean {
  return error instanceof MailboxError && error.code === "maildrop-locked";
}
