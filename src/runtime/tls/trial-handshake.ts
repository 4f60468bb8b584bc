/** A handshake in memory with what a listener serves: it shows what a client would get. */
import { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { type Duplex, duplexPair } from "node:stream";
import { connect, TLSSocket } from "node:tls";
import { messageOf } from "../../config/values/thrown.ts";
import type { LoadedCertificate } from "./certificates.ts";
import type { TlsServerOptions } from "./context.ts";

/** What a client would get that has a certificate where one is asked for, offers everything this Node supports, and the protocol's own name in ALPN. */
export interface TrialHandshake {
  /** E.g. `TLSv1.3`; null when the handshake failed. */
  readonly version: string | null;
  /** IANA's name, e.g. `TLS_AES_256_GCM_SHA384`. */
  readonly cipherSuite: string | null;
  /** Id of the certificate that was served, as in the document; null when it is not a known one. */
  readonly certificate: string | null;
  /** Why the handshake failed; null when it did not. */
  readonly error: string | null;
}

export interface TrialOptions {
  readonly tls: TlsServerOptions;
  readonly certificates: readonly LoadedCertificate[];
  /** The name requested by SNI; null for a client that requests none. */
  readonly serverName: string | null;
  readonly alpn: readonly string[];
}

/** Milliseconds; in memory a handshake takes a few. */
const timeout = 5_000;

export async function tryHandshake({ tls, certificates, serverName, alpn }: TrialOptions): Promise<TrialHandshake> {
  const [near, far] = duplexPair();
  const server = new TLSSocket(asSocket(far), { ...tls.socketOptions, requestCert: false });
  const client = connect({
    socket: near,
    rejectUnauthorized: false,
    ...(serverName === null ? {} : { servername: serverName }),
    ...(alpn.length > 0 ? { ALPNProtocols: [...alpn] } : {}),
  });
  try {
    await secured(client, server);
    const served = client.getPeerX509Certificate()?.fingerprint256;
    return {
      version: client.getProtocol(),
      cipherSuite: client.getCipher().standardName,
      certificate: certificates.find(({ certificate }) => fingerprintOf(certificate) === served)?.id ?? null,
      error: null,
    };
  } catch (error) {
    return { version: null, cipherSuite: null, certificate: null, error: messageOf(error) };
  } finally {
    client.destroy();
    server.destroy();
  }
}

/** Node accepts any stream here; its types are stricter. */
function asSocket(stream: Duplex): Socket {
  return stream as Socket;
}

function secured(client: TLSSocket, server: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("The handshake did not come to an end.")), timeout);
    const settle = (end: () => void) => () => {
      clearTimeout(timer);
      end();
    };
    client.once("secureConnect", settle(resolve));
    for (const side of [client, server]) side.on("error", (error) => settle(() => reject(error))());
    server.on("_tlsError", (error: Error) => settle(() => reject(error))());
  });
}

function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256;
}
