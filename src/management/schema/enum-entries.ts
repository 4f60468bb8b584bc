/** How the values of fields with a list of them are called. */
import { CIPHER_SUITE_NAMES, PROTOCOLS, SUITES } from "../../config/index.ts";
import type { EnumEntry } from "./schema-contract.ts";

type Words = Readonly<Record<string, Omit<EnumEntry, "name">>>;

const words: Readonly<Record<string, Words>> = {
  NetworkListenerProtocol: {
    smtp: { label: "SMTP", explanation: "Mail from other servers and from mail programs." },
    lmtp: { label: "LMTP", explanation: "Mail from a server that delivers here." },
    http: { label: "HTTP", explanation: "Management, health and metrics." },
    imap: { label: "IMAP", explanation: "Mailboxes, for mail programs." },
    pop3: { label: "POP3", explanation: "The inbox, for mail programs that fetch." },
    manageSieve: { label: "ManageSieve", explanation: "Filters of mail, for mail programs." },
  },
  TlsVersion: { tls12: { label: "TLS 1.2" }, tls13: { label: "TLS 1.3" } },
  TlsCipherSuite: Object.fromEntries(
    CIPHER_SUITE_NAMES.map((name) => {
      const { iana, key } = SUITES[name];
      const explanation = key === null ? "TLS 1.3." : `TLS 1.2, with a certificate for ${key.toUpperCase()}.`;
      return [name, { label: iana, explanation }];
    }),
  ),
  AtCapacity: {
    reject: { label: "Turn away", explanation: "Accept, say why in the protocol's words, and close." },
    hold: { label: "Let wait", explanation: "Stop accepting, so that clients queue in the kernel." },
  },
  OnLoss: {
    local: { label: "Go on with its share", explanation: "New clients are let in up to an equal share of each cap." },
    refuse: { label: "Let nobody in", explanation: "New clients are refused; those inside stay." },
  },
  MetricsAccess: {
    open: { label: "Open", explanation: "Whoever reaches an http listener gets health and metrics." },
    account: { label: "By account", explanation: "An account or a token is needed; health is open on this machine." },
  },
  ForwardedField: {
    xForwardedFor: { label: "X-Forwarded-For", explanation: "What most proxies send." },
    forwarded: { label: "Forwarded", explanation: "RFC 7239." },
  },
  TlsClientAuth: {
    none: { label: "Not asked for" },
    optional: { label: "Optional", explanation: "Clients are asked; without a trusted one they are served as others." },
    required: { label: "Required", explanation: "Clients without a trusted one fail the handshake." },
  },
  CertificateKind: {
    Acme: { label: "Ordered by ACME", explanation: "Ordered from an authority, and renewed, by itself." },
  },
  AcmeChallenge: {
    "tls-alpn-01": { label: "TLS (tls-alpn-01)", explanation: "On port 443, by every listener with TLS." },
    "http-01": { label: "HTTP (http-01)", explanation: "On port 80, by every http listener." },
  },
  AccountRole: {
    admin: { label: "Administrator", explanation: "May do everything in the management." },
    observer: { label: "Observer", explanation: "May read everything in the management." },
  },
};

/** A value without a label, such as the name of an embedder's protocol, is shown by its name. */
export function enumEntries(enumName: string, names: readonly string[]): readonly EnumEntry[] {
  return names.map((name) => ({ name, ...(words[enumName]?.[name] ?? { label: name }) }));
}

/** The names of protocols are no list in the document: embedders register others. */
export function protocolNames(registered: readonly string[]): readonly string[] {
  return [...new Set([...PROTOCOLS, ...registered])];
}
