/** STARTTLS, AUTHENTICATE and LOGIN (RFC 3501 sections 6.2.1 to 6.2.3, RFC 4959). */
import type { Identity } from "../backend.ts";
import type { LoginOutcome, LoginStep } from "../login.ts";
import type { AccountMail } from "../mailbox.ts";
import { capabilities } from "./capabilities.ts";
import { bad, no, ok } from "./completion.ts";
import type { Dialogue } from "./dialogue.ts";
import type { AuthenticateCommand, LoginCommand, Tagged } from "./grammar/command.ts";
import { authenticatedGrammarLimits } from "./grammar/limits.ts";

/** RFC 3501 section 6.2.1: whatever follows in clear is dropped, the unterminated fragment of a line included. */
export function startTls(dialogue: Dialogue, { tag }: Tagged): void {
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

export function authenticate(dialogue: Dialogue, { tag, mechanism, initialResponse }: AuthenticateCommand): void {
  if (!mayLogIn(dialogue, tag)) return;
  dialogue.tag = tag;
  proceed(dialogue, dialogue.login.start(mechanism, initialResponse ?? undefined));
}

export function logIn(dialogue: Dialogue, { tag, username, password }: LoginCommand): void {
  if (!mayLogIn(dialogue, tag)) return;
  dialogue.tag = tag;
  proceed(dialogue, dialogue.login.password("LOGIN", username, password));
}

/** A line of the exchange. */
export function continueAuthentication(dialogue: Dialogue, line: string): void {
  proceed(dialogue, dialogue.login.respond(line));
}

/** Ends an exchange that cannot be gone on with. */
export function giveUpAuthentication(dialogue: Dialogue, text: string): void {
  dialogue.login.cancel();
  dialogue.send("login.failed");
  dialogue.complete(dialogue.tag, bad(text));
}

/** Looks whether it is known what came of the credentials, and if so acts on it. */
export function takeOutcome(dialogue: Dialogue): void {
  const outcome = dialogue.login.outcome();
  if (outcome) conclude(dialogue, outcome);
}

function mayLogIn(dialogue: Dialogue, tag: string): boolean {
  if (!dialogue.can("command.authenticate")) dialogue.complete(tag, bad("You are logged in already"));
  else if (!dialogue.login.available) dialogue.complete(tag, no("Nobody can log in here", "UNAVAILABLE"));
  else if (!dialogue.login.offered) dialogue.complete(tag, no("Log in under TLS only", "PRIVACYREQUIRED"));
  else return true;
  return false;
}

const refusals = {
  "mechanism-unknown": no("This mechanism is not supported"),
  malformed: bad("The response is malformed"),
  cancelled: bad("The exchange was cancelled"),
} as const;

function proceed(dialogue: Dialogue, step: LoginStep): void {
  switch (step.next) {
    case "challenge":
      if (dialogue.state === "notAuthenticated") dialogue.send("command.authenticate");
      dialogue.output.text(`+ ${step.base64}\r\n`);
      break;
    case "wait":
      dialogue.send("credentials.given");
      break;
    case "refused":
      if (dialogue.state === "authenticating") dialogue.send("login.failed");
      dialogue.complete(dialogue.tag, refusals[step.reason]);
      break;
  }
}

function conclude(dialogue: Dialogue, outcome: LoginOutcome): void {
  switch (outcome.result) {
    case "rejected":
      dialogue.send("login.failed");
      dialogue.complete(dialogue.tag, no("Name or password is wrong", "AUTHENTICATIONFAILED"));
      if (outcome.last) dialogue.bye("Too many failures to log in", "authentication-failed");
      break;
    case "unavailable":
      unavailable(dialogue);
      break;
    case "accepted":
      if (outcome.successor) {
        dialogue.complete(dialogue.tag, ok("Logged in"));
        dialogue.successor = outcome.successor;
        dialogue.send("dialogue.takenOver");
      } else {
        void openAccount(dialogue, outcome.identity);
      }
      break;
  }
}

async function openAccount(dialogue: Dialogue, identity: Identity): Promise<void> {
  let account: AccountMail;
  try {
    account = await dialogue.settings.mailboxes.open(identity);
  } catch (error) {
    if (dialogue.over) return;
    dialogue.noticeFailure("mailboxes", error);
    dialogue.inNextTurn(() => unavailable(dialogue));
    return;
  }
  if (dialogue.over) {
    account.close();
    return;
  }
  dialogue.account = account;
  dialogue.inNextTurn(() => welcome(dialogue));
}

function welcome(dialogue: Dialogue): void {
  const { wire, settings, reader } = dialogue;
  reader.limits = authenticatedGrammarLimits;
  wire.setSessionTimeout(null);
  wire.setIdleTimeout(settings.limits.commandTimeout);
  dialogue.complete(dialogue.tag, ok("Logged in", capabilities(dialogue)));
  dialogue.send("login.succeeded");
}

function unavailable(dialogue: Dialogue): void {
  dialogue.send("login.failed");
  dialogue.complete(dialogue.tag, no("Temporary failure, try again later", "UNAVAILABLE"));
}
