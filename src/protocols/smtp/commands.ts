/** What each verb does; the commands without a file of their own are here. */

import type { Envelope } from "../backend.ts";
import { httpMethods } from "../session/http-methods.ts";
import { auth } from "./authentication.ts";
import { parseHelo } from "./command.ts";
import { bdat, data } from "./content.ts";
import type { Complaint, Dialogue } from "./dialogue.ts";
import { mail, rcpt } from "./envelope-commands.ts";
import { extensionsReply, helloReply, replies } from "./replies.ts";

type Handler = (dialogue: Dialogue, argument: string) => Complaint;

const introductions: ReadonlySet<string> = new Set(["EHLO", "HELO", "LHLO"]);

const handlers = new Map<string, Handler>([
  ["EHLO", ehlo],
  ["HELO", helo],
  ["LHLO", lhlo],
  ["MAIL", mail],
  ["RCPT", rcpt],
  ["DATA", data],
  ["BDAT", bdat],
  ["AUTH", auth],
  ["STARTTLS", withoutArgument(startTls)],
  ["RSET", withoutArgument(rset)],
  ["NOOP", noop],
  ["VRFY", vrfy],
  ["HELP", help],
  ["QUIT", withoutArgument(quit)],
]);

/** Known from RFC 5321 and its predecessors, and not implemented: 502 rather than 500. */
const notImplemented = new Set(["EXPN", "TURN", "ETRN", "ATRN", "SEND", "SOML", "SAML", "BURL"]);

export function execute(dialogue: Dialogue, verb: string, argument: string): void {
  const { dialect } = dialogue.settings;
  const foreign = introductions.has(verb) && !dialect.hello.some((hello) => hello === verb);
  const handler = foreign ? undefined : handlers.get(verb);
  if (!handler && httpMethods.has(verb)) {
    dialogue.quit(dialect.replies.notHttp, "protocol-error");
    return;
  }
  const complaint = handler ? handler(dialogue, argument) : unknown(verb);
  if (complaint !== null) dialogue.complain(complaint);
}

function unknown(verb: string): Complaint {
  return notImplemented.has(verb) ? replies.notImplemented : replies.unknownCommand;
}

function withoutArgument(handler: (dialogue: Dialogue) => Complaint): Handler {
  return (dialogue, argument) => (argument === "" ? handler(dialogue) : replies.noArguments);
}

function ehlo(dialogue: Dialogue, argument: string): Complaint {
  return introduce(dialogue, argument, { protocol: "ESMTP", reply: () => extensions(dialogue) });
}

function lhlo(dialogue: Dialogue, argument: string): Complaint {
  return introduce(dialogue, argument, { protocol: "LMTP", reply: () => extensions(dialogue) });
}

function helo(dialogue: Dialogue, argument: string): Complaint {
  const { hostname, peer } = dialogue.wire;
  return introduce(dialogue, argument, { protocol: "SMTP", reply: () => helloReply(hostname, peer.address) });
}

function extensions(dialogue: Dialogue): string {
  const { wire, settings, login } = dialogue;
  const keywords = ["PIPELINING", `SIZE ${settings.limits.messageSize}`, "8BITMIME", "SMTPUTF8"];
  keywords.push("ENHANCEDSTATUSCODES", "CHUNKING", "DSN");
  if (wire.canUpgrade) keywords.push("STARTTLS");
  if (login.offered) keywords.push(`AUTH ${login.mechanisms.join(" ")}`);
  keywords.push("HELP");
  return extensionsReply({ hostname: wire.hostname, peer: wire.peer.address, extensions: keywords });
}

interface Introduction {
  readonly protocol: Envelope["protocol"];
  reply(): string;
}

/** RFC 5321 section 4.1.4: EHLO in mid-session also resets the transaction. */
function introduce(dialogue: Dialogue, argument: string, { protocol, reply }: Introduction): Complaint {
  const name = parseHelo(argument);
  if (name === null) return replies.helloSyntax;
  if (!dialogue.countIdleCommand()) return null;
  dialogue.helo = name;
  dialogue.protocol = protocol;
  dialogue.reply(reply());
  dialogue.send("command.ehlo");
  return null;
}

/** RFC 3207 section 4: whatever follows in clear is dropped, the unterminated fragment of a line included. */
function startTls(dialogue: Dialogue): Complaint {
  if (dialogue.wire.tls) return replies.tlsActive;
  if (!dialogue.wire.canUpgrade) return replies.tlsUnavailable;
  if (!dialogue.can("command.starttls")) {
    return dialogue.state === "start" ? dialogue.words.helloFirst : replies.badSequence;
  }
  dialogue.reply(replies.startTls);
  dialogue.reader.clear();
  dialogue.send("command.starttls");
  return null;
}

function rset(dialogue: Dialogue): Complaint {
  if (!dialogue.countIdleCommand()) return null;
  dialogue.reply(replies.ok);
  dialogue.send("command.rset");
  return null;
}

function noop(dialogue: Dialogue): Complaint {
  if (dialogue.countIdleCommand()) dialogue.reply(replies.ok);
  return null;
}

function vrfy(dialogue: Dialogue, argument: string): Complaint {
  if (argument === "") return replies.argumentMissing;
  if (dialogue.countIdleCommand()) dialogue.reply(replies.cannotVerify);
  return null;
}

function help(dialogue: Dialogue): Complaint {
  if (dialogue.countIdleCommand()) dialogue.reply(dialogue.words.help);
  return null;
}

function quit(dialogue: Dialogue): Complaint {
  dialogue.sayGoodbye(replies.bye);
  return null;
}
