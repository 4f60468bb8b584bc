import type { SessionProtocol } from "../protocol.ts";
import { configuredSettings } from "../session/configured-settings.ts";
import { sessionProtocol } from "../session/session-protocol.ts";
import { type Pop3Options, readSettings } from "./options.ts";
import { blockedReply, busyReply, shuttingDownReply } from "./replies.ts";
import { Pop3Session } from "./session.ts";

export { defaultPop3Limits, type Pop3Limits } from "./limits.ts";
export { type Pop3Context, type Pop3Effects, type Pop3Event, pop3Machine } from "./machine.ts";
export type { Pop3Options } from "./options.ts";

/**
 * The Post Office Protocol, version 3 (RFC 1939), the server's side, with CAPA, STLS, AUTH (PLAIN, LOGIN), TOP, UIDL,
 * UTF8, LANG, PIPELINING and response codes. A session locks the maildrop; messages are removed at QUIT, and only then.
 * The limits, their defaults and what crossing them leads to are those of {@link Pop3Limits}.
 *
 * @throws ProtocolOptionError when a limit is not a positive integer or the banner is not one line of printable ASCII.
 */
export function pop3(options: Pop3Options): SessionProtocol {
  const settings = configuredSettings(options, readSettings);
  return sessionProtocol({
    name: "pop3",
    alpn: ["pop3"],
    login: settings.base.login,
    refusals: { shuttingDown: shuttingDownReply, blocked: blockedReply, busy: busyReply },
    open: (wire) => new Pop3Session(wire, settings.of(wire)),
  });
}
