/** Asks a running server what would become of a client. */
import { UNIX_CLIENTS } from "../../config/addresses/clients.ts";
import { readIpAddress } from "../../config/addresses/ip-address.ts";
import { UNIX_CLIENT } from "../../protocols/endpoint.ts";
import type { AllowList } from "../admission/allow-list.ts";
import type { BlockList } from "../admission/block-list.ts";
import type { Listener } from "../listener/listener.ts";
import type { LoadedCertificate } from "../tls/certificates.ts";
import { tryHandshake } from "../tls/trial-handshake.ts";
import {
  type ExplainedClient,
  type ExplainedListener,
  type ExplainedTls,
  type Explanation,
  explanation,
} from "./explanation.ts";

export interface ExplainingServer {
  readonly blockList: BlockList;
  readonly allowList: AllowList;
  readonly certificates: readonly LoadedCertificate[];
}

/** What was asked about is no client. */
export class ExplainedClientError extends RangeError {
  override readonly name = "ExplainedClientError";
  readonly code = "invalid-client";
}

/** @throws ExplainedClientError */
export async function explain(
  server: ExplainingServer,
  listener: Listener,
  { address, serverName = null, proxied = false }: ExplainedClient,
): Promise<Explanation> {
  const canonical = canonicalAddress(address);
  const client = { address: canonical, listener: listener.name, serverName, proxied };
  const { settings, state, pausedBy, connectionSettings: connection } = listener;
  const tls = await explainedTls(server, listener, serverName);
  return explanation(
    client,
    { settings, connection, state, pausedBy, tls, elsewhere: proxied ? null : elsewhere(canonical, listener) },
    {
      ...listener.judgementOf(canonical, { proxied }),
      blocked: server.blockList.find(canonical),
      allowed: server.allowList.find(canonical),
    },
  );
}

/** A client of a Unix socket, or one that has an address, comes to a listener that has only the other kind. */
function elsewhere(address: string, { addresses }: Listener): ExplainedListener["elsewhere"] {
  if (addresses.length === 0) return null;
  const comesByUnix = address === UNIX_CLIENT.address;
  if (addresses.some(({ family }) => (family === "unix") === comesByUnix)) return null;
  return comesByUnix ? "no Unix socket" : "no address but Unix sockets";
}

async function explainedTls(
  { certificates }: ExplainingServer,
  { live: { settings, protocol, tls } }: Listener,
  serverName: string | null,
): Promise<ExplainedTls | null> {
  if (!tls) return null;
  const handshake = await tryHandshake({ tls, certificates, serverName, alpn: protocol.alpn ?? [] });
  const begins = settings.tlsImplicit ? "implicit" : "starttls";
  const { versions, suites, clientAuth } = tls;
  return { begins, versions, suites, clientAuth, ...handshake };
}

/** As a peer's address comes from the kernel. @throws ExplainedClientError */
function canonicalAddress(text: string): string {
  if (text === UNIX_CLIENTS || text === UNIX_CLIENT.address) return UNIX_CLIENT.address;
  const read = readIpAddress(text);
  if (!read)
    throw new ExplainedClientError(
      `${JSON.stringify(text)} is no IP address; give one like "192.0.2.1", or "unix:" for a client of a Unix socket.`,
    );
  return read.zone === null ? read.address : `${read.address}%${read.zone}`;
}
