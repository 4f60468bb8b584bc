import type { SessionProtocol } from "../protocol.ts";
import type { ConfiguredSettings } from "../session/configured-settings.ts";
import { sessionProtocol } from "../session/session-protocol.ts";
import type { SmtpSettings } from "./dialogue.ts";
import { blockedReply, busyReply, shuttingDownReply } from "./replies.ts";
import { SmtpSession } from "./session.ts";

/** What a listener needs to know of SMTP or LMTP. */
export function smtpProtocol(settings: ConfiguredSettings<SmtpSettings>): SessionProtocol {
  const { dialect, login } = settings.base;
  return sessionProtocol({
    name: dialect.name,
    alpn: dialect.alpn,
    login,
    refusals: { shuttingDown: shuttingDownReply, blocked: blockedReply, busy: busyReply },
    open: (wire) => new SmtpSession(wire, settings.of(wire)),
  });
}
