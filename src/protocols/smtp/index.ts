import type { SessionProtocol } from "../protocol.ts";
import { configuredSettings } from "../session/configured-settings.ts";
import { smtpDialect } from "./dialect.ts";
import { readSettings, type SmtpOptions } from "./options.ts";
import { smtpProtocol } from "./smtp-protocol.ts";

export { defaultSmtpLimits, type SmtpLimits } from "./limits.ts";
export { type SmtpContext, type SmtpEffects, type SmtpEvent, smtpMachine } from "./machine.ts";
export type { SmtpOptions } from "./options.ts";

/**
 * The Simple Mail Transfer Protocol (RFC 5321), the server's side, with PIPELINING, SIZE, 8BITMIME, SMTPUTF8,
 * ENHANCEDSTATUSCODES, STARTTLS, AUTH (PLAIN, LOGIN), CHUNKING and DSN. The limits, their defaults and what crossing
 * them leads to are those of {@link SmtpLimits}.
 *
 * @throws ProtocolOptionError when a limit is not a positive integer or the banner is not one line of printable ASCII.
 * @example
 * const protocol = smtp({ backend: { recipient: async () => undefined, message: async ({ body }) => keep(body) } });
 */
export function smtp(options: SmtpOptions): SessionProtocol {
  return smtpProtocol(configuredSettings(options, (given) => readSettings(given, smtpDialect)));
}
