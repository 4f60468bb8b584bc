/** AUTH (RFC 4954). */
import { LogIn } from "../session/log-in.ts";
import type { Complaint, SmtpDialogue } from "./dialogue.ts";
import { challengeReply, replies } from "./replies.ts";

export const logIn = new LogIn<SmtpDialogue, string>({
  begun: "command.auth",
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
  sayUnavailable: (dialogue) => {
    dialogue.reply(replies.authTemporary);
    dialogue.countIdleCommand();
  },
  accepted: (dialogue, identity) => {
    dialogue.identity = identity;
    dialogue.reply(replies.authenticated);
    dialogue.madeProgress();
    dialogue.send("login.succeeded");
  },
});

export function auth(dialogue: SmtpDialogue, argument: string): Complaint {
  const { login } = dialogue;
  if (!login.available) return replies.authUnavailable;
  if (!dialogue.can("command.auth")) return badSequence(dialogue);
  if (!login.offered) return replies.authNeedsTls;
  const [mechanism, initial, excess] = argument.split(/[ \t]+/);
  if (!mechanism || excess !== undefined) return replies.authSyntax;
  logIn.proceed(dialogue, login.start(mechanism, initial));
  return null;
}

function badSequence(dialogue: SmtpDialogue): string {
  if (dialogue.identity) return replies.authTwice;
  return dialogue.state === "start" ? dialogue.words.helloFirst : replies.badSequence;
}
