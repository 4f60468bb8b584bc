/** STARTTLS, AUTHENTICATE and UNAUTHENTICATE (RFC 5804 sections 2.1, 2.2 and 2.14.1). */
import type { Identity } from "../backend.ts";
import type { LoginOutcome, LoginStep } from "../login.ts";
import type { AccountMail } from "../mailbox.ts";
import type { Complaint, Dialogue } from "./dialogue.ts";
import { challengeReply, replies } from "./replies.ts";
import type { Word } from "./words.ts";

/** Whatever follows in clear is dropped, the unterminated fragment of a line included. */
export function startTls(dialogue: Dialogue): Complaint {
  if (dialogue.wire.tls) return replies.tlsActive;
  if (!dialogue.can("command.starttls")) return replies.loggedInAlready;
  if (!dialogue.wire.canUpgrade) return replies.tlsUnavailable;
  dialogue.reply(replies.startTls);
  dialogue.reader.clear();
  dialogue.send("command.starttls");
  return null;
}

export function authenticate(dialogue: Dialogue, mechanism: string, initial: string | undefined): Complaint {
  const { login } = dialogue;
  if (!dialogue.can("command.authenticate")) return replies.loggedInAlready;
  if (!login.available) return replies.authUnavailable;
  if (!login.offered) return replies.authNeedsTls;
  proceed(dialogue, login.start(mechanism, initial));
  return null;
}

/** The client's next words of the exchange: one string. */
export function continueAuthentication(dialogue: Dialogue, words: readonly Word[]): void {
  const [word, excess] = words;
  if (word?.type !== "string" || excess) giveUp(dialogue, replies.authMalformed);
  else proceed(dialogue, dialogue.login.respond(word.octets.toString("latin1")));
}

/** Ends an exchange without a verdict on credentials. */
export function giveUp(dialogue: Dialogue, reply: string): void {
  dialogue.login.cancel();
  dialogue.complain(reply);
  if (dialogue.state === "authenticating") dialogue.send("login.failed");
}

/** Tells the client what came of its credentials, once that is known. */
export function concludeAuthentication(dialogue: Dialogue): void {
  const outcome = dialogue.login.outcome();
  if (outcome) conclude(dialogue, outcome);
}

export function unauthenticate(dialogue: Dialogue): Complaint {
  dialogue.reply(replies.unauthenticated);
  dialogue.commands = 0;
  dialogue.wire.setSessionTimeout(dialogue.settings.limits.loginTimeout);
  dialogue.send("command.unauthenticate");
  return null;
}

const refusals = {
  "mechanism-unknown": replies.authMechanism,
  malformed: replies.authMalformed,
  cancelled: replies.authCancelled,
} as const;

function proceed(dialogue: Dialogue, step: LoginStep): void {
  switch (step.next) {
    case "challenge":
      if (dialogue.state === "nonAuthenticated") dialogue.send("command.authenticate");
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
    case "rejected":
      dialogue.reply(replies.authInvalid);
      if (outcome.last) dialogue.quit(replies.tooManyFailures, "authentication-failed");
      else dialogue.send("login.failed");
      break;
    case "unavailable":
      fail(dialogue);
      break;
    case "accepted":
      if (outcome.successor) {
        dialogue.reply(replies.loggedIn);
        dialogue.successor = outcome.successor;
        dialogue.send("dialogue.takenOver");
      } else {
        openAccount(dialogue, outcome.identity);
      }
      break;
  }
}

function openAccount(dialogue: Dialogue, identity: Identity): void {
  const open = async (): Promise<void> => {
    const account: AccountMail = await dialogue.settings.mailboxes.open(identity);
    // From here on the chart gives it back, however the session ends.
    if (dialogue.over) account.close();
    else dialogue.account = account;
  };
  void dialogue.ask(open, (outcome) => {
    if ("error" in outcome) {
      dialogue.noticeFailure("mailboxes", outcome.error);
      fail(dialogue);
    } else {
      welcome(dialogue, identity);
    }
  });
}

function welcome(dialogue: Dialogue, identity: Identity): void {
  dialogue.owner = identity.username;
  dialogue.errors = 0;
  dialogue.wire.setSessionTimeout(null);
  dialogue.reply(replies.loggedIn);
  dialogue.send("login.succeeded");
}

function fail(dialogue: Dialogue): void {
  dialogue.reply(replies.temporary);
  dialogue.send("login.failed");
}
