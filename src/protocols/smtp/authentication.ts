/** AUTH (RFC 4954). */
import type { LoginOutcome, LoginStep } from "../login.ts";
import type { Complaint, Dialogue } from "./dialogue.ts";
import { challengeReply, replies } from "./replies.ts";

const refusals = {
  "mechanism-unknown": replies.authMechanism,
  malformed: replies.authMalformed,
  cancelled: replies.authCancelled,
} as const;

export function auth(dialogue: Dialogue, argument: string): Complaint {
  const { login } = dialogue;
  if (!login.available) return replies.authUnavailable;
  if (!dialogue.can("command.auth")) return badSequence(dialogue);
  if (!login.offered) return replies.authNeedsTls;
  const [mechanism, initial, excess] = argument.split(/[ \t]+/);
  if (!mechanism || excess !== undefined) return replies.authSyntax;
  proceed(dialogue, login.start(mechanism, initial));
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

/** Tells the client what came of its credentials, once that is known. */
export function concludeAuthentication(dialogue: Dialogue): void {
  const outcome = dialogue.login.outcome();
  if (outcome) conclude(dialogue, outcome);
}

function badSequence(dialogue: Dialogue): string {
  if (dialogue.identity) return replies.authTwice;
  return dialogue.state === "start" ? dialogue.words.helloFirst : replies.badSequence;
}

function proceed(dialogue: Dialogue, step: LoginStep): void {
  switch (step.next) {
    case "challenge":
      if (dialogue.state === "ready") dialogue.send("command.auth");
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
      dialogue.identity = outcome.identity;
      dialogue.reply(replies.authenticated);
      dialogue.madeProgress();
      dialogue.send("auth.succeeded");
      break;
    case "unavailable":
      dialogue.reply(replies.authTemporary);
      dialogue.send("auth.failed");
      if (!dialogue.over) dialogue.countIdleCommand();
      break;
    case "rejected":
      dialogue.reply(replies.authInvalid);
      if (outcome.last) dialogue.quit(replies.tooManyFailures, "authentication-failed");
      else dialogue.send("auth.failed");
      break;
  }
}
