import type { SessionProtocol } from "../protocol.ts";
import type { SmtpSettings } from "./dialogue.ts";
import { blockedReply, busyReply, shuttingDownReply } from "./replies.ts";
import { SmtpSession } from "./session.ts";

/** What a listener needs to know of SMTP or LMTP. */
export function sessionProtocol(settings: SmtpSettings): SessionProtocol {
  return {
    kind: "session",
    name: settings.dialect.name,
    startTls: true,
    busy: ({ rule }, hostname) => refusalReply(rule, hostname),
    open: (wire) => new SmtpSession(wire, settings),
  };
}

function refusalReply(rule: string, hostname: string): string {
  if (rule === "draining") return shuttingDownReply(hostname);
  return rule === "blocked" ? blockedReply(hostname) : busyReply(hostname);
}
