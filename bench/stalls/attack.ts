/** One of the largest inputs that the limits allow, for one command of one protocol. */
import type { Peer } from "./peer.ts";

export type Protocol = "SMTP" | "LMTP" | "IMAP" | "POP3" | "ManageSieve" | "HTTP" | "PROXY" | "TLS";

export interface Attack {
  readonly protocol: Protocol;
  readonly name: string;
  /** Connects and does everything before the input; this is not measured. */
  open(ports: Ports): Promise<Peer>;
  /** Sends the input, and waits until it is processed. @returns the answer, if it matters */
  run(peer: Peer): Promise<string>;
  /** Octets of mail that it makes the server read; they count as input. */
  readonly mail?: number;
  /** Several clients cannot send it at once. */
  readonly single?: true;
}

/** By the name of the listener. */
export type Ports = Readonly<Record<string, number>>;

export function portOf(ports: Ports, name: string): number {
  const port = ports[name];
  if (port === undefined) throw new Error(`There is no listener "${name}".`);
  return port;
}

/** As much of the pattern as fits into this many octets; ASCII. */
export function repeated(pattern: string, octets: number): string {
  return pattern.repeat(Math.max(1, Math.floor(octets / pattern.length)));
}

/** A large text in pieces, so that the load does not hold it. */
export function* pieces(pattern: string, octets: number): Generator<Buffer> {
  const piece = Buffer.from(repeated(pattern, Math.min(octets, 65_536)), "latin1");
  for (let left = octets; left >= piece.length; left -= piece.length) yield piece;
}
