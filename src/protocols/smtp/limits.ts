/**
 * What a peer may ask of one session. Sizes are octets, times are milliseconds.
 *
 * | limit | default | when it is crossed | source |
 * |---|---|---|---|
 * | `commandLine` | 2048 | `500 5.5.2`, close `line-too-long` | RFC 5321 4.5.3.1.4 (512) and what the extensions add |
 * | `authLine` | 12288 | `500 5.5.2`, close `line-too-long` | RFC 4954 4 |
 * | `textLine` | 65536 | `500 5.5.2`, close `line-too-long` | RFC 5321 4.5.3.1.6 asks for 1000 at least; longer lines are common and cost no memory here |
 * | `messageSize` | 52428800 | `552 5.3.4` at MAIL, at BDAT or after the message | RFC 1870 |
 * | `recipients` | 1000 | `452 4.5.3` for each further one | RFC 5321 4.5.3.1.8 asks for 100 at least |
 * | `rejectedRecipients` | 100 in a session | `421 4.7.0`, close `too-many-errors` | against harvesting of addresses |
 * | `errors` | 10 since the last accepted message | `421 4.7.0`, close `too-many-errors` | |
 * | `commandsWithoutMail` | 100 since the last accepted message | `421 4.7.0`, close `too-many-errors` | |
 * | `authenticationFailures` | 3 | `421 4.7.0`, close `authentication-failed` | RFC 4954 4 |
 * | `firstCommandTimeout` | 30000 | `421 4.4.2`, close `idle-timeout` | |
 * | `commandTimeout` | 300000 | `421 4.4.2`, close `idle-timeout` | RFC 5321 4.5.3.2.7 |
 * | `contentTimeout` | 180000 | `421 4.4.2`, close `idle-timeout` | RFC 5321 4.5.3.2.5 |
 * | `progressTimeout` | 600000 without an accepted message or a successful AUTH | `421 4.4.2`, close `session-timeout` | |
 * | `contentRate` | 1024 octets a second, over each `progressTimeout` that lies within a message | `421 4.4.2`, close `session-timeout` | |
 *
 * While the backend has not answered, the first timeout that passes is excused and set again; at the second one the
 * client gets `421 4.3.0` and the connection the end `session-timeout`: by then clients have given up (RFC 5321
 * 4.5.3.2.6 has them wait ten minutes).
 */
export interface SmtpLimits {
  readonly commandLine: number;
  readonly authLine: number;
  readonly textLine: number;
  readonly messageSize: number;
  readonly recipients: number;
  readonly rejectedRecipients: number;
  readonly errors: number;
  readonly commandsWithoutMail: number;
  readonly authenticationFailures: number;
  readonly firstCommandTimeout: number;
  readonly commandTimeout: number;
  readonly contentTimeout: number;
  readonly progressTimeout: number;
  readonly contentRate: number;
}

export const defaultSmtpLimits: SmtpLimits = Object.freeze({
  commandLine: 2048,
  authLine: 12_288,
  textLine: 65_536,
  messageSize: 52_428_800,
  recipients: 1000,
  rejectedRecipients: 100,
  errors: 10,
  commandsWithoutMail: 100,
  authenticationFailures: 3,
  firstCommandTimeout: 30_000,
  commandTimeout: 300_000,
  contentTimeout: 180_000,
  progressTimeout: 600_000,
  contentRate: 1024,
});
