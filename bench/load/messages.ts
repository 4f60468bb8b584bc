/** The messages of the load, for every sender. */

export const sender = "sender@localhost";
export const recipient = "recipient@localhost";

export interface MessageLoad {
  readonly port: number;
  readonly count: number;
  /** Connections at a time. */
  readonly sessions: number;
  /** Approximate octets of one message. */
  readonly length: number;
  /** Several messages go over one connection. */
  readonly kept: boolean;
}
