/** The limits that the inputs reach. */

export { defaultImapLimits, defaultManageSieveLimits, defaultPop3Limits, defaultSmtpLimits } from "../../src/index.ts";
export { authenticatedGrammarLimits } from "../../src/protocols/imap/grammar/limits.ts";
export { DEFAULT_MAILBOX_LIMITS as defaultMailboxLimits } from "../../src/protocols/mailbox-limits.ts";
