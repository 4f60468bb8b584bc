import type { SessionProtocol } from "../protocol.ts";
import { sessionProtocol } from "../session/session-protocol.ts";
import type { SmtpSettings } from "./dialogue.ts";
import { blockedReply, busyReply, shuttingDownReply } from "./replies.ts";
import { SmtpSession } from "./session.ts";

/** What a listener needs to know of SMTP or LMTP. */
export function smtpProtocol(settings: SmtpSettings): SessionProtocol {
  return sessionProtocol({
    name: settings.dialect.name,
    alpn: settings.dialect.alpn,
    login: settings.login,
    refusals: { shuttingDown: shuttingDownReply, blocked: blockedReply, busy: busyReply },
    open: (wire) => new SmtpSession(wire, settings),
  });
}
