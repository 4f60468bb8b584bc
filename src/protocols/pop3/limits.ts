/**
 * What a peer may ask of one session. Sizes are octets, times are milliseconds.
 *
 * | limit | default | when it is crossed | source |
 * |---|---|---|---|
 * | `commandLine` | 2048 | `-ERR`, close `line-too-long` | RFC 2449 4 asks for 255 |
 * | `authLine` | 12288 | `-ERR`, close `line-too-long` | RFC 5034 4 |
 * | `errors` | 10 since the log-in | `-ERR`, close `too-many-errors` | |
 * | `authenticationFailures` | 3 | `-ERR [AUTH]`, close `authentication-failed` | |
 * | `loginTimeout` | 180000 from the greeting | `-ERR [SYS/TEMP]`, close `session-timeout` | |
 * | `idleTimeout` | 600000 | a silent close, `idle-timeout` | RFC 1939 3 |
 *
 * While the mailbox has not answered, the first idle timeout that passes is excused; at the second one the connection ends
 * with `session-timeout`.
 */
import { defaultLoginLimits, type LoginLimits } from "../login.ts";

export interface Pop3Limits extends LoginLimits {
  readonly commandLine: number;
  readonly errors: number;
  readonly idleTimeout: number;
}

export const defaultPop3Limits: Pop3Limits = Object.freeze({
  ...defaultLoginLimits,
  commandLine: 2048,
  errors: 10,
  idleTimeout: 600_000,
});
