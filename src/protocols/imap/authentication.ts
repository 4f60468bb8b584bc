/** STARTTLS, AUTHENTICATE and LOGIN (RFC 3501 sections 6.2.1 to 6.2.3, RFC 4959). */
import type { Identity } from "../backend.ts";
import { checkedAccount } from "../checked-mailbox.ts";
import type { AccountMail } from "../mailbox.ts";
import { LogIn } from "../session/log-in.ts";
import { afterwards } from "../session/question.ts";
import { capabilities } from "./capabilities.ts";
import { bad, type Completion, no, ok } from "./completion.ts";
import type { ImapDialogue } from "./dialogue.ts";
import type { AuthenticateCommand, LoginCommand, Tagged } from "./grammar/command.ts";
import { authenticatedGrammarLimits } from "./grammar/limits.ts";

export const logIn = new LogIn<ImapDialogue, Completion>({
  begun: "command.authenticate",
  failed: "login.failed",
  challengeReply: (base64) => `+ ${base64}\r\n`,
  refusals: {
    "mechanism-unknown": no("This mechanism is not supported"),
    malformed: bad("The response is malformed"),
    cancelled: bad("The exchange was cancelled"),
  },
  sayRefused: (dialogue, completion) => dialogue.complete(dialogue.tag, completion),
  sayRejected: (dialogue, last) => {
    dialogue.complete(dialogue.tag, no("Name or password is wrong", "AUTHENTICATIONFAILED"));
    if (last) dialogue.reply("* BYE Too many failures to log in\r\n");
  },
  sayUnavailable: (dialogue) =>
    dialogue.complete(dialogue.tag, no("Temporary failure, try again later", "UNAVAILABLE")),
  sayTakenOver: (dialogue) => dialogue.complete(dialogue.tag, ok("Logged in")),
  accepted: openAccount,
});

/** RFC 3501 section 6.2.1: whatever follows in clear is dropped, the unterminated fragment of a line included. */
export function startTls(dialogue: ImapDialogue, { tag }: Tagged): void {
  if (dialogue.wire.tls) {
    dialogue.complete(tag, bad("TLS is active already"));
    return;
  }
  if (!dialogue.wire.canUpgrade) {
    dialogue.complete(tag, bad("TLS is not available"));
    return;
  }
  if (!dialogue.can("command.starttls")) {
    dialogue.complete(tag, bad("Too late for TLS"));
    return;
  }
  dialogue.complete(tag, ok("Begin TLS negotiation now"));
  dialogue.reader.clear();
  dialogue.send("command.starttls");
}

export function authenticate(dialogue: ImapDialogue, { tag, mechanism, initialResponse }: AuthenticateCommand): void {
  if (!mayLogIn(dialogue, tag)) return;
  dialogue.tag = tag;
  logIn.proceed(dialogue, dialogue.login.start(mechanism, initialResponse ?? undefined));
}

export function loginCommand(dialogue: ImapDialogue, { tag, username, password }: LoginCommand): void {
  if (!mayLogIn(dialogue, tag)) return;
  dialogue.tag = tag;
  logIn.proceed(dialogue, dialogue.login.password("LOGIN", username, password));
}

/** A line of the exchange. */
export function continueAuthentication(dialogue: ImapDialogue, line: string): void {
  logIn.proceed(dialogue, dialogue.login.respond(line));
}

function mayLogIn(dialogue: ImapDialogue, tag: string): boolean {
  if (!dialogue.can("command.authenticate")) dialogue.complete(tag, bad("You are logged in already"));
  else if (!dialogue.login.available) dialogue.complete(tag, no("Nobody can log in here", "UNAVAILABLE"));
  else if (!dialogue.login.offered) dialogue.complete(tag, no("Log in under TLS only", "PRIVACYREQUIRED"));
  else return true;
  return false;
}

function openAccount(dialogue: ImapDialogue, identity: Identity): void {
  dialogue.ask<AccountMail>({
    operation: "mailboxes",
    ask: () => afterwards(dialogue.settings.mailboxes.open(identity), checkedAccount),
    answered: (outcome) => {
      if ("error" in outcome) logIn.unavailable(dialogue);
      else welcome(dialogue, outcome.value);
    },
    late: (account) => dialogue.closeOpened("mailboxes", account),
  });
}

function welcome(dialogue: ImapDialogue, account: AccountMail): void {
  const { wire, settings, reader } = dialogue;
  dialogue.account = account;
  reader.limits = authenticatedGrammarLimits;
  wire.setSessionTimeout(null);
  wire.setIdleTimeout(settings.limits.commandTimeout);
  dialogue.complete(dialogue.tag, ok("Logged in", capabilities(dialogue)));
  dialogue.send("login.succeeded");
}
