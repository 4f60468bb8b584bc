/** Prepares what each listener needs before it is bound: its protocol, certificates and TLS contexts. */
import { hkdfSync } from "node:crypto";
import { type Configuration, type ListenerSettings, withOpenedListeners } from "../../config/index.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import { Breather } from "../time/breather.ts";
import type { ChallengeCertificates } from "../tls/challenge-certificates.ts";
import { type TlsServerOptions, tlsContexts } from "../tls/context.ts";
import { loadServerCertificates, noCertificates, type ServerCertificates } from "../tls/server-certificates.ts";
import { ListenerError } from "./listener-errors.ts";

/** A listener with everything it needs before it is bound. */
export interface PreparedListener {
  readonly settings: ListenerSettings;
  readonly protocol: Protocol;
  /** Null where TLS is not available. */
  readonly tls: TlsServerOptions | null;
}

export interface PreparedListeners {
  readonly listeners: readonly PreparedListener[];
  readonly certificates: ServerCertificates;
}

/**
 * Finds each listener's protocol, and makes the TLS contexts that are needed.
 * @param options.dataDirectory where a self-signed certificate is found or made; null makes none.
 * @throws AggregateError with every certificate and every listener that cannot be used.
 */
export async function prepareListeners(options: {
  readonly configuration: Configuration;
  readonly protocols: ReadonlyMap<string, Protocol>;
  readonly dataDirectory: string | null;
  /** The date that validity is judged by; now by default. */
  readonly now?: Date;
  /** What is being proved to authorities at the moment; nothing by default. */
  readonly challenges?: ChallengeCertificates;
  /** Certificates that another thread has read; by default they are read here. */
  readonly given?: ServerCertificates | undefined;
  /** What keys of session tickets are made of, for all threads or nodes; by default each context has its own. */
  readonly ticketSecret?: Uint8Array | undefined;
}): Promise<PreparedListeners> {
  const { configuration, protocols, dataDirectory, now = new Date(), challenges, given, ticketSecret } = options;
  const errors: unknown[] = [];
  const spoken = withOpenedListeners(configuration).listeners.flatMap((settings) => {
    const protocol = protocols.get(settings.protocol);
    if (protocol) return [{ settings, protocol }];
    errors.push(new UnavailableProtocolError(settings));
    return [];
  });
  const needed = dataDirectory !== null && spoken.some(({ settings, protocol }) => wantsTls(settings, protocol));
  const loading = given
    ? Promise.resolve(given)
    : loadServerCertificates({ configuration, dataDirectory, needed, now });
  const certificates = await loading.catch((error: unknown) => {
    errors.push(...(error instanceof AggregateError ? error.errors : [error]));
    return null;
  });
  const listeners: PreparedListener[] = [];
  // A TLS context takes about a millisecond.
  await new Breather().forEach(spoken, ({ settings, protocol }) => {
    try {
      const usable = certificates !== null && certificates.loaded.length > 0 && wantsTls(settings, protocol);
      listeners.push({
        settings,
        protocol,
        tls: usable ? tlsOptions({ settings, protocol, certificates, now, challenges, ticketSecret }) : null,
      });
    } catch (error) {
      errors.push(new ListenerError(settings.name, [error]));
    }
  });
  if (errors.length > 0) throw new AggregateError(errors, "Some listeners cannot be prepared.");
  return { listeners, certificates: certificates ?? noCertificates };
}

/** Whether a connection may ask for TLS. */
function wantsTls(settings: ListenerSettings, protocol: Protocol): boolean {
  return settings.useTls && (settings.tlsImplicit || protocol.startTls);
}

export interface TlsOptionsOf {
  readonly settings: ListenerSettings;
  readonly protocol: Protocol;
  readonly certificates: ServerCertificates;
  /** The date that decides between certificates for the same name. */
  readonly now: Date;
  readonly challenges?: ChallengeCertificates | undefined;
  readonly ticketSecret?: Uint8Array | undefined;
}

/** @throws TlsContextError */
export function tlsOptions(options: TlsOptionsOf): TlsServerOptions {
  const { settings, protocol, certificates, now, challenges, ticketSecret } = options;
  return tlsContexts({
    certificates: certificates.loaded,
    defaultId: certificates.defaultId,
    listener: settings,
    clientAuthorities: certificates.clientAuthorities.get(settings.name) ?? null,
    now,
    ...(protocol.alpn ? { alpn: protocol.alpn.filter((name) => name !== "h2" || settings.http2) } : {}),
    ...(challenges ? { challenges } : {}),
    ...(ticketSecret ? { ticketKeys: listenersTicketKeys(ticketSecret, settings, certificates) } : {}),
  });
}

/**
 * The same in every thread and on every node that has the secret, and others as soon as the listener serves other
 * certificates (RFC 5077 section 4).
 */
export function listenersTicketKeys(
  secret: Uint8Array,
  { name }: ListenerSettings,
  { digest }: ServerCertificates,
): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, digest, `tickets of ${name}`, 48));
}

/** A listener names a protocol that this server does not have. */
export class UnavailableProtocolError extends Error {
  readonly code = "protocol-unavailable";

  constructor({ name, protocol }: { name: string; protocol: string }) {
    super(
      `Listener "${name}" wants the protocol "${protocol}", which this server does not speak. ` +
        "Choose another one, or register it with createGatehouse({ protocols: [ … ] }). " +
        "IMAP, POP3 and ManageSieve need createGatehouse({ mailboxes }) beside a backend of your own.",
    );
    this.name = "UnavailableProtocolError";
  }
}
