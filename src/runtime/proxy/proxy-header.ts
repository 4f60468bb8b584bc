/** The content of a valid PROXY protocol header (HAProxy's proxy-protocol.txt). */
import type { Endpoint } from "../../protocols/endpoint.ts";

import type { ProxyTlvs } from "../../protocols/proxy-facts.ts";

export type { ProxySsl, ProxyTlvs, Tlv } from "../../protocols/proxy-facts.ts";

export interface ProxyHeader {
  readonly version: 1 | 2;
  /** `LOCAL`: the proxy's own connection, e.g. a health check. */
  readonly command: "PROXY" | "LOCAL";
  /**
   * The client. Null where the header names no TCP client (LOCAL, UNKNOWN, AF_UNSPEC, AF_UNIX): the peer then keeps its
   * own address. Either both endpoints are null or neither is.
   */
  readonly source: Endpoint | null;
  /** What the client connected to. Null with `source`. */
  readonly destination: Endpoint | null;
  /** The paths of an AF_UNIX stream: unnamed ones are empty, abstract ones begin with `@`. Null otherwise. */
  readonly unix: { readonly source: string; readonly destination: string } | null;
  readonly tlvs: ProxyTlvs;
}

export const NO_TLVS: ProxyTlvs = Object.freeze({ other: Object.freeze([]) });

/** A header that leaves the peer its own address. */
export function withoutEndpoints(header: Pick<ProxyHeader, "version" | "command" | "tlvs">): ProxyHeader {
  return { ...header, source: null, destination: null, unix: null };
}
