import { constants } from "node:crypto";
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  TLSSocket,
  type TLSSocketOptions,
} from "node:tls";
import { type ClientAuth, type ListenerSettings, offeredTls, SUITES } from "../../config/index.ts";
import { type CertificatesOfName, choiceKey, chooseCertificates, findByServerName } from "./certificate-choice.ts";
import type { LoadedCertificate } from "./certificates.ts";
import type { ChallengeCertificates } from "./challenge-certificates.ts";
import type { ClientAuthorities } from "./client-authorities.ts";
import type { KeyType } from "./private-key.ts";

export type TlsSettings = Pick<
  ListenerSettings,
  "tlsDisableProtocols" | "tlsDisableCipherSuites" | "tlsIgnoreClientOrder"
>;

export interface TlsContextOptions {
  /** In the order of the document. */
  readonly certificates: readonly LoadedCertificate[];
  /** For clients that name no server or an unknown one; null for the first. */
  readonly defaultId: string | null;
  readonly listener: TlsSettings;
  /** Decides between certificates for the same name. Default: now. */
  readonly now?: Date;
  /** Who may show which certificate; null, the default, for nobody is asked. */
  readonly clientAuthorities?: ClientAuthorities | null;
  /** The protocol's names in ALPN (RFC 7301); with none, the extension is ignored. */
  readonly alpn?: readonly string[];
  /** What is being proved to authorities at the moment. A listener without ALPN takes no part. */
  readonly challenges?: ChallengeCertificates;
  /** 48 octets; random ones by default. */
  readonly ticketKeys?: Buffer;
}

/** What a listener's handshakes need; made once, shared by all its connections. */
export interface TlsServerOptions {
  readonly socketOptions: TLSSocketOptions;
  /** Offered versions, e.g. `TLSv1.2`. */
  readonly versions: readonly ("TLSv1.2" | "TLSv1.3")[];
  /** Suites that can be negotiated with these certificates: OpenSSL's names, in the server's order. */
  readonly suites: readonly string[];
  /** Which certificates serve which names: equal texts mean equal choices. */
  readonly choice: string;
  /** Whether clients are asked for a certificate, and whether one that is not trusted ends the handshake. */
  readonly clientAuth: ClientAuth;
}

/** TLS cannot be offered with these settings and certificates. */
export class TlsContextError extends Error {
  override readonly name = "TlsContextError";
  readonly code: "no-certificate" | "unknown-certificate" | "no-usable-suite" | "unusable-key";

  constructor(code: TlsContextError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The TLS side of a listener: TLS 1.2 and 1.3 only, no renegotiation, no compression, session tickets (RFC 5077,
 * RFC 8446 2.2), and the certificate chosen by SNI (RFC 6066 3).
 * @throws TlsContextError
 */
export function tlsContexts(options: TlsContextOptions): TlsServerOptions {
  const { certificates, listener, alpn = [], clientAuthorities = null, challenges } = options;
  const clientAuth = clientAuthorities?.mode ?? "none";
  const { defaults, byName: certificatesOfNames, key } = choiceOf(options);
  const { suites, versions } = usableTls(certificates, listener);
  checkKeys(certificates, versions);
  const common: SecureContextOptions = {
    ciphers: suites.join(":"),
    // Both ends are set because Node restores OpenSSL's own suites for a version that is allowed but has none.
    minVersion: versions[0],
    maxVersion: versions.at(-1),
    ecdhCurve: keyExchangeGroups(),
    honorCipherOrder: listener.tlsIgnoreClientOrder,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
    sessionIdContext: sessionIdContext(clientAuthorities),
    // In every context: OpenSSL verifies by that which the server name has led to.
    ...(clientAuthorities && { ca: [...clientAuthorities.certificates] }),
    ...(options.ticketKeys ? { ticketKeys: options.ticketKeys } : {}),
  };
  const secureContext = createSecureContext({ ...common, ...keyPairs(defaults) });
  const byName = withoutDefaults(certificatesOfNames, defaults);
  const choiceIsNeeded = [...byName.values()].some((ofName) => ofName.length > 0);

  const shared: TLSSocketOptions = {
    isServer: true,
    requestCert: clientAuth !== "none",
    // OpenSSL ends the handshake of a client that shows none, with the alert that says so.
    rejectUnauthorized: clientAuth === "required",
    secureContext,
    // A callback costs each handshake a detour, so there is none when every name leads to the same certificates.
    ...(choiceIsNeeded && { SNICallback: chooseBy(byName, contextsOf(common)) }),
  };
  const usual: TLSSocketOptions = { ...shared, ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }) };
  const proving = challenges && alpn.length > 0 ? { ...shared, ALPNCallback: challenges.choosing(alpn) } : null;

  return {
    versions,
    suites,
    choice: key,
    clientAuth,
    get socketOptions() {
      return proving && challenges?.arePending ? proving : usual;
    },
  };
}

/** At most 32 octets. A session goes on only among those who ask their clients for the same. */
function sessionIdContext(authorities: ClientAuthorities | null): string {
  return authorities === null ? "gatehouse" : authorities.digest.slice(0, 32);
}

type ChooseContext = NonNullable<TLSSocketOptions["SNICallback"]>;
type ContextOf = (certificate: LoadedCertificate) => SecureContext;

/**
 * Node serves one certificate from a context chosen by SNI, not one for each kind of key as from the default context.
 * So each kind has its own context, and the client's first signature algorithm that matches one decides. (What a TLS
 * 1.2 client's suites say beyond that is not available here.) Node calls this with the socket as `this`.
 */
function chooseBy(byName: ReadonlyMap<string, CertificatesOfName>, contextOf: ContextOf): ChooseContext {
  return function choose(this: unknown, serverName, answer) {
    const certificates = findByServerName(byName, serverName) ?? [];
    const algorithms = certificates.length > 1 && this instanceof TLSSocket ? this.getSharedSigalgs() : [];
    const certificate = chooseForClient(certificates, algorithms);
    let context: SecureContext | undefined;
    try {
      context = certificate && contextOf(certificate);
    } catch (error) {
      answer(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    answer(null, context);
  };
}

/** By the client's first signature algorithm that one of them has a key for; else the first. */
function chooseForClient(
  certificates: CertificatesOfName,
  algorithms: readonly string[],
): LoadedCertificate | undefined {
  for (const algorithm of algorithms) {
    const kind = keyTypeOfSignature(algorithm);
    const fitting = certificates.find(({ keyType }) => keyType === kind);
    if (fitting) return fitting;
  }
  return certificates[0];
}

/** E.g. `ECDSA+SHA256`, `RSA-PSS+SHA256`, `RSA+SHA256`, `Ed25519+UNDEF`. */
function keyTypeOfSignature(algorithm: string): KeyType | null {
  if (algorithm.startsWith("RSA")) return "rsa";
  if (algorithm.startsWith("ECDSA")) return "ecdsa";
  return algorithm.startsWith("Ed25519") ? "ed25519" : null;
}

/** Names served by the default certificates have none of their own: the default context serves all their kinds. */
function withoutDefaults(
  byName: ReadonlyMap<string, CertificatesOfName>,
  defaults: CertificatesOfName,
): Map<string, CertificatesOfName> {
  const own = new Map<string, CertificatesOfName>();
  for (const [name, certificates] of byName) {
    const isDefault = certificates.length === defaults.length && certificates.every((one) => defaults.includes(one));
    own.set(name, isDefault ? [] : certificates);
  }
  return own;
}

/**
 * The context of each certificate, made when the first client asks for it: it takes up to a millisecond, and there may be
 * thousands of certificates, at as many listeners. That OpenSSL takes the certificate was seen when it was loaded.
 */
function contextsOf(common: SecureContextOptions): ContextOf {
  const made = new Map<LoadedCertificate, SecureContext>();
  return (certificate) => {
    const context = made.get(certificate) ?? createSecureContext({ ...common, ...keyPairs([certificate]) });
    made.set(certificate, context);
    return context;
  };
}

function keyPairs(certificates: CertificatesOfName): SecureContextOptions {
  return {
    cert: certificates.map(({ certificate }) => certificate),
    key: certificates.map(({ privateKey }) => privateKey),
  };
}

function defaultCertificate({
  certificates,
  defaultId,
}: Pick<TlsContextOptions, "certificates" | "defaultId">): LoadedCertificate {
  const chosen = defaultId === null ? certificates[0] : certificates.find(({ id }) => id === defaultId);
  if (chosen) return chosen;
  if (defaultId === null)
    throw new TlsContextError("no-certificate", "TLS is wanted and there is no certificate; add one");
  const known = certificates.map(({ id }) => `"${id}"`).join(", ") || "none";
  const message = `the default certificate "${defaultId}" does not exist (there are: ${known}); set defaultCertificateId`;
  throw new TlsContextError("unknown-certificate", message);
}

/** Which certificates serve which names now, and a text that changes when the choice does. */
export function choiceOf(options: Pick<TlsContextOptions, "certificates" | "defaultId" | "now">) {
  const choice = chooseCertificates(options.certificates, defaultCertificate(options), options.now ?? new Date());
  return { ...choice, key: choiceKey(choice) };
}

/**
 * A client fails, and does not try another version, if it speaks one that the key cannot sign for.
 * @throws TlsContextError
 */
function checkKeys(certificates: readonly LoadedCertificate[], offered: TlsServerOptions["versions"]): void {
  for (const { id, key } of certificates) {
    const unusable = offered.filter((version) => !key.versions.includes(version));
    if (unusable.length === 0) continue;
    const names = unusable.map((version) => version.replace("TLSv", "TLS ")).join(" and ");
    const message =
      `the certificate "${id}" has an ${key.kind}, which ${names} cannot use; ` +
      "make a key on the curve P-256 and a certificate for it, or disable that version (tlsDisableProtocols)";
    throw new TlsContextError("unusable-key", message);
  }
}

/** What the disable fields leave, without suites that no certificate has a key for. */
function usableTls(certificates: readonly LoadedCertificate[], listener: TlsSettings) {
  // An Ed25519 key signs in the ECDSA suites (RFC 8422 5.10).
  const kinds = new Set(certificates.map(({ keyType }) => (keyType === "rsa" ? "rsa" : "ecdsa")));
  const usable = offeredTls(listener)
    .suites.map((name) => SUITES[name])
    .filter(({ key }) => key === null || kinds.has(key));
  const versions: TlsServerOptions["versions"] = [
    ...(usable.some(({ version }) => version === "tls12") ? (["TLSv1.2"] as const) : []),
    ...(usable.some(({ version }) => version === "tls13") ? (["TLSv1.3"] as const) : []),
  ];
  if (versions.length === 0) {
    const message = `no cipher suite is left for a certificate with a key of the kind ${[...kinds].join(" or ")}; enable one, or TLS 1.3`;
    throw new TlsContextError("no-usable-suite", message);
  }
  return { suites: usable.map(({ openssl }) => openssl), versions };
}

const CLASSICAL_GROUPS = "X25519:P-256:P-384";
/** ML-KEM-768 with X25519 (draft-ietf-tls-ecdhe-mlkem), which OpenSSL has since 3.5. */
const HYBRID_GROUP = "X25519MLKEM768";
let groups: string | undefined;

function keyExchangeGroups(): string {
  groups ??= isGroupKnown(HYBRID_GROUP) ? `${HYBRID_GROUP}:${CLASSICAL_GROUPS}` : CLASSICAL_GROUPS;
  return groups;
}

function isGroupKnown(group: string): boolean {
  try {
    createSecureContext({ ecdhCurve: group });
    return true;
  } catch {
    return false;
  }
}
