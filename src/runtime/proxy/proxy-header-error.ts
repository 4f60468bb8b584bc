export type ProxyHeaderFault =
  /** The first bytes match no version's signature. */
  | "signature"
  /** Longer than a header may be. */
  | "oversized"
  /** Version 1: not a valid header line. */
  | "malformed"
  /** Version 2: another version. */
  | "version"
  /** Version 2: neither LOCAL nor PROXY. */
  | "command"
  /** Neither IPv4, IPv6 nor UNIX. */
  | "family"
  /** Version 2: datagrams, on a connection. */
  | "transport"
  /** An address that does not match its family, or that is cut off. */
  | "address"
  /** Version 1: not a decimal number up to 65535 without leading zeros. */
  | "port"
  /** Version 2: a vector that is cut off, or whose value has the wrong length. */
  | "tlv"
  /** Version 2: the checksum is wrong, so any part may be. */
  | "crc32c";

const ADVICE: Readonly<Partial<Record<ProxyHeaderFault, string>>> = {
  signature: "make the proxy send the PROXY protocol to this listener, or take its address out of the trusted networks",
  oversized: "make the proxy send fewer or shorter TLVs",
  transport: "make the proxy forward TCP to this listener",
  crc32c: "find out what changes bytes between the proxy and this server",
};

/**
 * A peer that owes a PROXY header sent something else. The message quotes nothing that was sent; it is safe to log.
 */
export class ProxyHeaderError extends Error {
  override readonly name = "ProxyHeaderError";
  readonly code = "proxy-header-invalid";
  readonly reason: ProxyHeaderFault;

  constructor(reason: ProxyHeaderFault, problem: string) {
    super(`PROXY header: ${problem}; ${ADVICE[reason] ?? "check the proxy's version and settings"}.`);
    this.reason = reason;
  }
}
