/** What each keyword does; the commands without a file of their own are here. */
import { isHttpRequest } from "../session/http-request.ts";
import { trimWhiteSpace } from "../white-space.ts";
import { auth, pass, user } from "./authentication.ts";
import type { Complaint, Pop3Dialogue } from "./dialogue.ts";
import { dele, list, noop, retr, rset, stat, type Transaction, top, uidl, update } from "./maildrop-commands.ts";
import { languageReply, replies } from "./replies.ts";

type Handler = (dialogue: Pop3Dialogue, argument: string) => Complaint;
type TransactionHandler = (session: Transaction, argument: string) => Complaint;

const handlers = new Map<string, Handler>([
  // In any state.
  ["CAPA", withoutArgument(capa)],
  ["LANG", lang],
  ["QUIT", withoutArgument(quit)],
  // RFC 1939 section 4: authorization.
  ["USER", user],
  ["PASS", pass],
  ["AUTH", auth],
  ["STLS", withoutArgument(stls)],
  ["UTF8", withoutArgument(utf8)],
  // RFC 1939 section 5: transaction.
  ["STAT", inTransaction(bare(stat))],
  ["LIST", inTransaction(list)],
  ["UIDL", inTransaction(uidl)],
  ["RETR", inTransaction(retr)],
  ["TOP", inTransaction(top)],
  ["DELE", inTransaction(dele)],
  ["NOOP", inTransaction(bare(noop))],
  ["RSET", inTransaction(bare(rset))],
]);

/** Carries a command line out. */
export function execute(dialogue: Pop3Dialogue, line: string): void {
  const space = line.indexOf(" ");
  const keyword = (space === -1 ? line : line.slice(0, space)).toUpperCase();
  const handler = handlers.get(keyword);
  if (!handler && isHttpRequest(line)) {
    dialogue.quit(replies.notHttp, "protocol-error");
    return;
  }
  const argument = space === -1 ? "" : line.slice(space + 1);
  // A password may end with spaces; nothing else does.
  const complaint = handler
    ? handler(dialogue, keyword === "PASS" ? argument : trimWhiteSpace(argument))
    : replies.unknownCommand;
  if (complaint !== null) dialogue.complain(complaint);
}

function withoutArgument(handler: (dialogue: Pop3Dialogue) => Complaint): Handler {
  return (dialogue, argument) => (argument === "" ? handler(dialogue) : replies.noArguments);
}

function inTransaction(handler: TransactionHandler): Handler {
  return (dialogue, argument) => {
    const { maildrop } = dialogue;
    return maildrop ? handler({ dialogue, maildrop }, argument) : replies.loginFirst;
  };
}

function bare(handler: (session: Transaction) => Complaint): TransactionHandler {
  return (session, argument) => (argument === "" ? handler(session) : replies.noArguments);
}

/** RFC 2449 section 5. */
function capa(dialogue: Pop3Dialogue): Complaint {
  const { login, wire } = dialogue;
  const tags = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "UTF8 USER", "LANG"];
  if (login.offered) tags.push("USER", `SASL ${login.mechanisms.join(" ")}`);
  if (wire.canUpgrade && dialogue.can("command.stls")) tags.push("STLS");
  tags.push("IMPLEMENTATION Gatehouse");
  dialogue.reply(`${replies.capabilities}${tags.map((tag) => `${tag}\r\n`).join("")}.\r\n`);
  return null;
}

/** RFC 6856 section 3: there are texts in English only. */
function lang(dialogue: Pop3Dialogue, argument: string): Complaint {
  const tag = argument.toLowerCase();
  if (tag === "") dialogue.reply(replies.languages);
  else if (tag === "*" || tag === "en" || tag === "i-default") dialogue.reply(languageReply(tag === "*" ? "en" : tag));
  else return replies.languageUnknown;
  return null;
}

/** RFC 6856 section 2.1. Messages are given as they are kept either way. */
function utf8(dialogue: Pop3Dialogue): Complaint {
  if (dialogue.maildrop) return replies.loggedIn;
  dialogue.reply(replies.utf8);
  return null;
}

/** RFC 2595 section 4: whatever follows in clear is dropped, the unterminated fragment of a line included. */
function stls(dialogue: Pop3Dialogue): Complaint {
  if (dialogue.wire.tls) return replies.tlsActive;
  if (dialogue.maildrop) return replies.loggedIn;
  if (!dialogue.wire.canUpgrade) return replies.tlsUnavailable;
  dialogue.reply(replies.startTls);
  dialogue.reader.clear();
  dialogue.send("command.stls");
  return null;
}

function quit(dialogue: Pop3Dialogue): Complaint {
  const { maildrop } = dialogue;
  if (maildrop) update({ dialogue, maildrop });
  else dialogue.sayGoodbye(replies.bye);
  return null;
}
