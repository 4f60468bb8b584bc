/** USER and PASS (RFC 1939 section 7), AUTH (RFC 5034), and what a log-in leads to. */
import type { Identity } from "../backend.ts";
import type { LoginOutcome, LoginStep } from "../login.ts";
import { type AccountMail, MailboxError, type Maildrop } from "../mailbox.ts";
import type { Complaint, Dialogue, Outcome } from "./dialogue.ts";
import { MarkedMaildrop } from "./marked-maildrop.ts";
import { challengeReply, replies } from "./replies.ts";

const refusals = {
  "mechanism-unknown": replies.authMechanism,
  malformed: replies.authMalformed,
  cancelled: replies.authCancelled,
} as const;

export function user(dialogue: Dialogue, argument: string): Complaint {
  const obstacle = loginObstacle(dialogue);
  if (obstacle !== null) return obstacle;
  if (argument === "") return replies.nameNeeded;
  dialogue.username = argument;
  dialogue.reply(replies.nameGiven);
  dialogue.send("command.user");
  return null;
}

/** The password is all that follows the first space, spaces included. */
export function pass(dialogue: Dialogue, argument: string): Complaint {
  const obstacle = loginObstacle(dialogue);
  if (obstacle !== null) return obstacle;
  if (dialogue.state !== "named") return replies.userFirst;
  if (argument === "") return replies.passwordNeeded;
  proceed(dialogue, dialogue.login.password("USER", dialogue.username, argument));
  return null;
}

export function auth(dialogue: Dialogue, argument: string): Complaint {
  const obstacle = loginObstacle(dialogue);
  if (obstacle !== null) return obstacle;
  const [mechanism, initial, excess] = argument.split(/ +/);
  if (!mechanism || excess !== undefined) return replies.authSyntax;
  proceed(dialogue, dialogue.login.start(mechanism, initial));
  return null;
}

/** A line of the exchange. */
export function continueAuthentication(dialogue: Dialogue, line: string): void {
  proceed(dialogue, dialogue.login.respond(line));
}

/** Ends an exchange without a verdict on credentials. */
export function giveUp(dialogue: Dialogue, reply: string): void {
  dialogue.login.cancel();
  dialogue.complain(reply);
  if (dialogue.state === "authenticating") dialogue.send("auth.failed");
}

/** Acts on what came of the credentials, once that is known. */
export function concludeAuthentication(dialogue: Dialogue): void {
  const outcome = dialogue.login.outcome();
  if (outcome) conclude(dialogue, outcome);
}

function loginObstacle({ login, maildrop }: Dialogue): string | null {
  if (maildrop) return replies.loggedIn;
  if (!login.available) return replies.loginUnavailable;
  return login.offered ? null : replies.loginNeedsTls;
}

function proceed(dialogue: Dialogue, step: LoginStep): void {
  switch (step.next) {
    case "challenge":
      if (dialogue.can("command.auth")) dialogue.send("command.auth");
      dialogue.reply(challengeReply(step.base64));
      break;
    case "wait":
      dialogue.send("credentials.given");
      break;
    case "refused":
      giveUp(dialogue, refusals[step.reason]);
      break;
  }
}

function conclude(dialogue: Dialogue, outcome: LoginOutcome): void {
  switch (outcome.result) {
    case "accepted":
      if (outcome.successor) handOver(dialogue, outcome.successor);
      else lock(dialogue, outcome.identity);
      break;
    case "unavailable":
      dialogue.reply(replies.loginFailed);
      dialogue.send("auth.failed");
      break;
    case "rejected":
      if (outcome.last) {
        dialogue.quit(replies.tooManyFailures, "authentication-failed");
      } else {
        dialogue.reply(replies.credentialsWrong);
        dialogue.send("auth.failed");
      }
      break;
  }
}

/** The embedder's session goes on, with all that was sent behind the log-in. */
function handOver(dialogue: Dialogue, session: NonNullable<Dialogue["handover"]>["session"]): void {
  const { reader } = dialogue;
  dialogue.reply(replies.ok);
  dialogue.handover = { session, rest: reader.rest(), ended: reader.ended };
  dialogue.send("dialogue.takenOver");
}

interface Opened {
  readonly account: AccountMail;
  readonly maildrop: Maildrop;
}

function lock(dialogue: Dialogue, identity: Identity): void {
  const { mailboxes } = dialogue.settings;
  dialogue.send("auth.succeeded");
  dialogue.ask<Opened>({
    operation: "maildrop.lock",
    ask: async () => {
      const account = await mailboxes.open(identity);
      try {
        return { account, maildrop: await account.lockMaildrop() };
      } catch (error) {
        account.close();
        throw error;
      }
    },
    answered: (outcome) => locked(dialogue, outcome),
    late: ({ account }) => account.close(),
  });
}

function locked(dialogue: Dialogue, outcome: Outcome<Opened>): void {
  if ("error" in outcome) {
    const inUse = outcome.error instanceof MailboxError && outcome.error.code === "maildrop-locked";
    dialogue.reply(inUse ? replies.inUse : replies.loginFailed);
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
