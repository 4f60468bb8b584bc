/** AUTH (RFC 4954). */
import type { Identity } from "../backend.ts";
import { decodeBase64, encodeBase64, openSaslExchange, type SaslExchange, type SaslStep } from "../sasl.ts";
import type { Complaint, Dialogue } from "./dialogue.ts";
import { challengeReply, replies } from "./replies.ts";
import type { Outcome } from "./transaction.ts";

/** AUTH is announced and taken: there is somebody to ask, and passwords do not travel in clear unless that was configured. */
export function offersAuthentication(dialogue: Dialogue): boolean {
  const { backend, authWithoutTls } = dialogue.settings;
  return backend.authenticate !== undefined && (authWithoutTls || dialogue.wire.tls !== null);
}

export function auth(dialogue: Dialogue, argument: string): Complaint {
  if (!dialogue.settings.backend.authenticate) return replies.authUnavailable;
  if (!dialogue.can("command.auth")) return badSequence(dialogue);
  if (!offersAuthentication(dialogue)) return replies.authNeedsTls;
  const [mechanism, initial, excess] = argument.split(/[ \t]+/);
  if (!mechanism || excess !== undefined) return replies.authSyntax;
  const exchange = openSaslExchange(mechanism);
  if (!exchange) return replies.authMechanism;
  dialogue.sasl = exchange;
  proceed(dialogue, initial === undefined ? exchange.respond(null) : respond(exchange, initial === "=" ? "" : initial));
  return null;
}

/** A line of the exchange. */
export function continueAuthentication(dialogue: Dialogue, line: string): void {
  const { sasl } = dialogue;
  if (line === "*") giveUp(dialogue, replies.authCancelled);
  else proceed(dialogue, sasl ? respond(sasl, line) : { next: "malformed" });
}

/** Ends an exchange without a verdict on credentials. */
export function giveUp(dialogue: Dialogue, reply: string): void {
  dialogue.sasl = null;
  dialogue.complain(reply);
  if (dialogue.state === "authenticating") dialogue.send("auth.failed");
}

function badSequence(dialogue: Dialogue): string {
  if (dialogue.identity) return replies.authTwice;
  return dialogue.state === "start" ? replies.helloFirst : replies.badSequence;
}

function respond(exchange: SaslExchange, base64: string): SaslStep {
  const response = decodeBase64(base64);
  return response ? exchange.respond(response) : { next: "malformed" };
}

function proceed(dialogue: Dialogue, step: SaslStep): void {
  switch (step.next) {
    case "challenge":
      if (dialogue.state === "ready") dialogue.send("command.auth");
      dialogue.reply(challengeReply(encodeBase64(step.text)));
      break;
    case "malformed":
      giveUp(dialogue, replies.authMalformed);
      break;
    case "unauthorized":
      dialogue.send("credentials.given");
      fail(dialogue, step.username);
      break;
    case "verify":
      dialogue.send("credentials.given");
      verify(dialogue, step);
      break;
  }
}

function verify(dialogue: Dialogue, credentials: { readonly username: string; readonly password: string }): void {
  const { username, password } = credentials;
  const { backend } = dialogue.settings;
  const mechanism = dialogue.sasl?.mechanism ?? "PLAIN";
  const question = async (): Promise<Identity | null> =>
    (await backend.authenticate?.({ mechanism, username, password, connection: dialogue.facts })) ?? null;
  void dialogue.ask("authenticate", question, (outcome) => conclude(dialogue, username, outcome));
}

function conclude(dialogue: Dialogue, username: string, outcome: Outcome<Identity | null>): void {
  if ("error" in outcome) {
    dialogue.reply(replies.authTemporary);
    dialogue.send("auth.failed");
    if (!dialogue.over) dialogue.countIdleCommand();
    return;
  }
  const identity = outcome.value;
  if (!identity) {
    fail(dialogue, username);
    return;
  }
  const mechanism = dialogue.sasl?.mechanism ?? "PLAIN";
  dialogue.sasl = null;
  dialogue.identity = identity;
  dialogue.reply(replies.authenticated);
  dialogue.wire.notice({ type: "session.authenticated", mechanism, username: identity.username });
  dialogue.madeProgress();
  dialogue.send("auth.succeeded");
}

/** What logs get of a name that a peer made up. */
const LONGEST_NAME = 255;

function fail(dialogue: Dialogue, username: string): void {
  const mechanism = dialogue.sasl?.mechanism ?? "PLAIN";
  dialogue.sasl = null;
  dialogue.wire.notice({
    type: "session.authenticationFailed",
    mechanism,
    username: username.slice(0, LONGEST_NAME),
  });
  dialogue.authenticationFailures++;
  dialogue.reply(replies.authInvalid);
  if (dialogue.authenticationFailures >= dialogue.settings.limits.authenticationFailures) {
    dialogue.quit(replies.tooManyFailures, "authentication-failed");
  } else {
    dialogue.send("auth.failed");
  }
}
