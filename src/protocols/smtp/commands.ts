/** What each verb does; the commands without a file of their own are here. */

import type { Envelope } from "../backend.ts";
import { isHttpRequest } from "../session/http-request.ts";
import { auth } from "./authentication.ts";
import { parseHelo } from "./command.ts";
import { bdat, data } from "./content.ts";
import { type Dialect, lmtpDialect, smtpDialect } from "./dialect.ts";
import type { Complaint, SmtpDialogue } from "./dialogue.ts";
import { mail, rcpt } from "./envelope-commands.ts";
import { extensionsReply, helloReply, replies } from "./replies.ts";

type Handler = (dialogue: SmtpDialogue, argument: string) => Complaint;

const introductions = { EHLO: ehlo, HELO: helo, LHLO: lhlo } as const;

const handlers: readonly (readonly [string, Handler])[] = [
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
];

/** The handlers of each dialect, which knows its own introductions only. */
const handlersOf = {
  smtp: handlersWith(smtpDialect),
  lmtp: handlersWith(lmtpDialect),
};

function handlersWith({ hello }: Dialect): ReadonlyMap<string, Handler> {
  return new Map([...hello.map((verb) => [verb, introductions[verb]] as const), ...handlers]);
}

/** Known from RFC 5321 and its predecessors, and not implemented: 502 rather than 500. */
const notImplemented = new Set(["EXPN", "TURN", "ETRN", "ATRN", "SEND", "SOML", "SAML", "BURL"]);

export function execute(dialogue: SmtpDialogue, verb: string, argument: string): void {
  const { dialect } = dialogue.settings;
  const handler = handlersOf[dialect.name].get(verb);
  if (!handler && isHttpRequest(`${verb} ${argument}`)) {
    dialogue.quit(dialect.replies.notHttp, "protocol-error");
    return;
  }
  const complaint = handler ? handler(dialogue, argument) : unknown(verb);
  if (complaint !== null) dialogue.complain(complaint);
}

function unknown(verb: string): Complaint {
  return notImplemented.has(verb) ? replies.notImplemented : replies.unknownCommand;
}

function withoutArgument(handler: (dialogue: SmtpDialogue) => Complaint): Handler {
  return (dialogue, argument) => (argument === "" ? handler(dialogue) : replies.noArguments);
}

function ehlo(dialogue: SmtpDialogue, argument: string): Complaint {
  return introduce(dialogue, argument, "ESMTP");
}

function lhlo(dialogue: SmtpDialogue, argument: string): Complaint {
  return introduce(dialogue, argument, "LMTP");
}

function helo(dialogue: SmtpDialogue, argument: string): Complaint {
  return introduce(dialogue, argument, "SMTP");
}

function introductionReply({ wire, settings, login }: SmtpDialogue, protocol: Envelope["protocol"]): string {
  const { hostname, peer } = wire;
  if (protocol === "SMTP") return helloReply(hostname, peer.address);
  const offered = { startTls: wire.canUpgrade, mechanisms: login.mechanisms };
  return extensionsReply(hostname, peer.address, settings.extensions.lines(offered));
}

/** RFC 5321 section 4.1.4: EHLO in mid-session also resets the transaction. */
function introduce(dialogue: SmtpDialogue, argument: string, protocol: Envelope["protocol"]): Complaint {
  const name = parseHelo(argument);
  if (name === null) return replies.helloSyntax;
  if (!dialogue.countIdleCommand()) return null;
  dialogue.introduction = { helo: name, protocol };
  dialogue.reply(introductionReply(dialogue, protocol));
  dialogue.send("command.ehlo");
  return null;
}

/** RFC 3207 section 4: whatever follows in clear is dropped, the unterminated fragment of a line included. */
function startTls(dialogue: SmtpDialogue): Complaint {
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

function rset(dialogue: SmtpDialogue): Complaint {
  if (!dialogue.countIdleCommand()) return null;
  dialogue.reply(replies.ok);
  dialogue.send("command.rset");
  return null;
}

function noop(dialogue: SmtpDialogue): Complaint {
  if (dialogue.countIdleCommand()) dialogue.reply(replies.ok);
  return null;
}

function vrfy(dialogue: SmtpDialogue, argument: string): Complaint {
  if (argument === "") return replies.argumentMissing;
  if (dialogue.countIdleCommand()) dialogue.reply(replies.cannotVerify);
  return null;
}

function help(dialogue: SmtpDialogue): Complaint {
  if (dialogue.countIdleCommand()) dialogue.reply(dialogue.words.help);
  return null;
}

function quit(dialogue: SmtpDialogue): Complaint {
  dialogue.sayGoodbye(replies.bye);
  return null;
}
