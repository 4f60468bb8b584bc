import type { SessionProtocol } from "../protocol.ts";
import { configuredSettings } from "../session/configured-settings.ts";
import { sessionProtocol } from "../session/session-protocol.ts";
import { ImapSession } from "./session.ts";
import { type ImapOptions, readSettings } from "./settings.ts";

export { defaultImapLimits, type ImapLimits } from "./limits.ts";
export { type ImapContext, type ImapEffects, type ImapEvent, imapMachine } from "./machine.ts";
export type { ImapOptions } from "./settings.ts";

/**
 * The Internet Message Access Protocol, version 4rev1 (RFC 3501), the server's side, with LITERAL+, SASL-IR, ID, ENABLE,
 * IDLE, NAMESPACE, UIDPLUS, UNSELECT, CHILDREN, MOVE and SPECIAL-USE. The limits, their defaults and what crossing them
 * leads to are those of {@link ImapLimits}.
 *
 * @throws ProtocolOptionError when a limit is not a positive integer or the banner is not one line of printable ASCII.
 * @example
 * const protocol = imap({ backend: { authenticate: async ({ username }) => lookUp(username) }, mailboxes });
 */
export function imap(options: ImapOptions): SessionProtocol {
  const settings = configuredSettings(options, readSettings);
  return sessionProtocol({
    name: "imap",
    alpn: ["imap"],
    login: settings.base.login,
    refusals: {
      shuttingDown: () => "* BYE Server shutting down\r\n",
      blocked: () => "* BYE No access from your address\r\n",
      busy: () => "* BYE [UNAVAILABLE] Too many connections, try again later\r\n",
    },
    open: (wire) => new ImapSession(wire, settings.of(wire)),
  });
}
