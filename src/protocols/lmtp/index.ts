import type { SessionProtocol } from "../protocol.ts";
import { configuredSettings } from "../session/configured-settings.ts";
import { lmtpDialect } from "../smtp/dialect.ts";
import { readSettings, type SmtpOptions } from "../smtp/options.ts";
import { smtpProtocol } from "../smtp/smtp-protocol.ts";

export interface LmtpOptions extends SmtpOptions {
  /** Announce AUTH and take log-ins, under the same conditions as `smtp()`. Default: false, as delivery agents have none. */
  readonly offerAuth?: boolean;
}

/**
 * The Local Mail Transfer Protocol (RFC 2033), the server's side: SMTP's dialogue, commands, extensions and limits, but
 * LHLO in place of EHLO and HELO, and one reply for each recipient after the message. The client keeps the queue: a
 * recipient that fails is the client's to try again or to report. Not for port 25 (RFC 2033 section 5), nor for strangers.
 *
 * @throws ProtocolOptionError when a limit is not a positive integer or the banner is not one line of printable ASCII.
 */
export function lmtp(options: LmtpOptions): SessionProtocol {
  const { offerAuth = false, ...given } = options;
  const read = (options: SmtpOptions) => {
    const settings = readSettings(options, lmtpDialect);
    return offerAuth ? settings : { ...settings, login: { ...settings.login, backend: {} } };
  };
  return smtpProtocol(configuredSettings(given, read));
}
