import type { SessionProtocol } from "../protocol.ts";
import { configuredSettings } from "../session/configured-settings.ts";
import { sessionProtocol } from "../session/session-protocol.ts";
import { type ManageSieveOptions, readSettings } from "./options.ts";
import { replies } from "./replies.ts";
import { ManageSieveSession } from "./session.ts";

export { defaultManageSieveLimits, type ManageSieveLimits } from "./limits.ts";
export {
  type ManageSieveContext,
  type ManageSieveEffects,
  type ManageSieveEvent,
  manageSieveMachine,
} from "./machine.ts";
export type { ManageSieveOptions } from "./options.ts";

/**
 * ManageSieve (RFC 5804), the server's side: all commands, STARTTLS, SASL PLAIN, UNAUTHENTICATE. Scripts are checked
 * ({@link checkScript}) and kept; nothing executes them. The limits, their defaults and what crossing them leads to are
 * those of {@link ManageSieveLimits}.
 *
 * @throws ProtocolOptionError when a limit is not a positive integer or `banner` is not one line of printable ASCII.
 * @example
 * const protocol = manageSieve({ backend, mailboxes });
 */
export function manageSieve(options: ManageSieveOptions): SessionProtocol {
  const settings = configuredSettings(options, readSettings);
  return sessionProtocol({
    name: "manageSieve",
    alpn: ["managesieve"],
    login: settings.base.login,
    refusals: {
      shuttingDown: () => replies.shuttingDown,
      blocked: () => replies.blocked,
      busy: () => replies.busy,
    },
    open: (wire) => new ManageSieveSession(wire, settings.of(wire)),
  });
}
