import { defaultLoginLimits, type LoginLimits } from "../login.ts";

/**
 * What a peer may ask of one session, besides what the grammar limits (`GrammarLimits`). Sizes are octets, times are
 * milliseconds. `LoginLimits` are those of every protocol that needs a log-in.
 *
 * | limit | default | when it is crossed | source |
 * |---|---|---|---|
 * | `messageSize` | 52428800 | `NO [TOOBIG]` to APPEND | RFC 4469 4.2 has the code |
 * | `errors` | 10 since the last command that was carried out; before the log-in, in all | `* BYE`, close `too-many-errors` | |
 * | `commandsBeforeLogin` | 50 | `* BYE`, close `too-many-errors` | |
 * | `commandTimeout` | 1800000 | `* BYE`, close `idle-timeout` | RFC 3501 5.4 (at least 30 minutes), RFC 2177 for IDLE |
 * | `idleNotifyInterval` | 240000 | `* OK Still here`, in IDLE | RFC 2177; many NATs forget a silent connection after 5 minutes |
 * | `contentTimeout` | 180000 | `* BYE`, close `idle-timeout` | |
 */
export interface ImapLimits extends LoginLimits {
  /** Octets of the message of APPEND. */
  readonly messageSize: number;
  /** Commands that were answered with BAD. */
  readonly errors: number;
  readonly commandsBeforeLogin: number;
  /** Silence between commands and in IDLE, which a client begins again before this. */
  readonly commandTimeout: number;
  /** How often a client in IDLE gets a sign of life, for its own sake and for NAT and firewalls on the way. */
  readonly idleNotifyInterval: number;
  /** Silence within the message of APPEND. */
  readonly contentTimeout: number;
}

export const defaultImapLimits: ImapLimits = Object.freeze({
  ...defaultLoginLimits,
  messageSize: 52_428_800,
  errors: 10,
  commandsBeforeLogin: 50,
  commandTimeout: 1_800_000,
  idleNotifyInterval: 240_000,
  contentTimeout: 180_000,
});
