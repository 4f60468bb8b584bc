/** The messages of the load, whoever sends them. */

export const sender = "sender@localhost";
export const recipient = "recipient@localhost";

export interface MessageLoad {
  readonly port: number;
  readonly count: number;
  /** Connections at a time. */
  readonly sessions: number;
  /** Octets of one message, about. */
  readonly length: number;
  /** Several messages go over one connection. */
  readonly kept: boolean;
}
