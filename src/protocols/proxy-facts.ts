/** What a trusted proxy said of a connection by the PROXY protocol (HAProxy's proxy-protocol.txt), besides the addresses. */
import type { Endpoint } from "./endpoint.ts";

export interface ProxyFacts {
  /** The proxy's own end of the connection. */
  readonly peer: Endpoint;
  /** Of the header. */
  readonly version: 1 | 2;
  /** Version 1 has none. */
  readonly tlvs?: ProxyTlvs;
}

/** A type of proxy-protocol.txt 2.2 and its value. */
export type Tlv = readonly [type: number, value: Uint8Array];

/**
 * The vectors after the addresses; version 1 has none. Much of it the client chose itself, so texts may hold anything,
 * control characters included. What is not UTF-8 appears as U+FFFD.
 */
export interface ProxyTlvs {
  /** The protocol that the client and the proxy settled by ALPN (RFC 7301). */
  readonly alpn?: string;
  /** The name the client asked for, as a rule by SNI. */
  readonly authority?: string;
  /** Identifies the connection across proxies; at most 128 octets. */
  readonly uniqueId?: Uint8Array;
  /** Name of the network namespace. */
  readonly netns?: string;
  readonly ssl?: ProxySsl;
  /** The header bore a CRC32C, and it was right. */
  readonly crc32c?: true;
  /** Vectors of other types, in their order; NOOP is left out. */
  readonly other: readonly Tlv[];
}

/** TLS between the client and the proxy (proxy-protocol.txt 2.2.6). */
export interface ProxySsl {
  readonly client: {
    /** The client connected over TLS. */
    readonly tls: boolean;
    /** It presented a certificate on this connection. */
    readonly certificateOnConnection: boolean;
    /** It presented a certificate at least once in this TLS session. */
    readonly certificateInSession: boolean;
  };
  /**
   * OpenSSL's verdict on the client's certificate, zero when it was verified. Against the specification HAProxy says
   * zero also where the client presented none: `client` tells.
   */
  readonly verify: number;
  /** E.g. `TLSv1.3`. */
  readonly version?: string;
  /** Of the client's certificate. */
  readonly commonName?: string;
  /** OpenSSL's name of the cipher suite. */
  readonly cipher?: string;
  /** Of the certificate that the proxy presented, e.g. `RSA-SHA256`. */
  readonly signatureAlgorithm?: string;
  /** Of the certificate that the proxy presented, e.g. `RSA2048`. */
  readonly keyAlgorithm?: string;
  readonly other: readonly Tlv[];
}
