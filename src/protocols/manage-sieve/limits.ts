import { defaultLoginLimits, type LoginLimits } from "../login.ts";

/**
 * What a peer may ask of one session. Sizes are octets, times are milliseconds. How many scripts an account has, how long
 * they and their names may be, is the mailbox's business (`MailboxLimits`). `LoginLimits` are those of every protocol that
 * needs a log-in; `authLine` holds for strings of AUTHENTICATE, too.
 *
 * | limit | default | when it is crossed | source |
 * |---|---|---|---|
 * | `commandLine` | 4096 | `BYE`, close `line-too-long` | RFC 5804 4: strings of 1024 characters at most |
 * | `refusedScript` | 10485760 | a script over the mailbox's limit gets `NO (QUOTA/MAXSIZE)`; over this one `BYE (QUOTA/MAXSIZE)`, close `line-too-long` | |
 * | `errors` | 10 since the last command that was carried out; before the log-in, in all | `BYE`, close `too-many-errors` | |
 * | `commandsBeforeLogin` | 50 | `BYE`, close `too-many-errors` | |
 * | `commandTimeout` | 1800000 | `BYE`, close `idle-timeout` | |
 */
export interface ManageSieveLimits extends LoginLimits {
  /** Octets of a line, and of a string that is no script. */
  readonly commandLine: number;
  /** Octets of a script that is too long and still read, and dropped, so that the session can go on. */
  readonly refusedScript: number;
  /** Commands that could not be understood. */
  readonly errors: number;
  readonly commandsBeforeLogin: number;
  /** Silence between commands and within them. */
  readonly commandTimeout: number;
}

export const defaultManageSieveLimits: ManageSieveLimits = Object.freeze({
  ...defaultLoginLimits,
  commandLine: 4096,
  refusedScript: 10_485_760,
  errors: 10,
  commandsBeforeLogin: 50,
  commandTimeout: 1_800_000,
});
