export const TLS_PROTOCOLS = ["tls12", "tls13"] as const;

export type TlsProtocol = (typeof TLS_PROTOCOLS)[number];

export const CIPHER_SUITE_NAMES = [
  "tls13-aes-256-gcm-sha384",
  "tls13-aes-128-gcm-sha256",
  "tls13-chacha20-poly1305-sha256",
  "tls-ecdhe-ecdsa-with-aes-256-gcm-sha384",
  "tls-ecdhe-rsa-with-aes-256-gcm-sha384",
  "tls-ecdhe-ecdsa-with-aes-128-gcm-sha256",
  "tls-ecdhe-rsa-with-aes-128-gcm-sha256",
  "tls-ecdhe-ecdsa-with-chacha20-poly1305-sha256",
  "tls-ecdhe-rsa-with-chacha20-poly1305-sha256",
] as const;

export type CipherSuiteName = (typeof CIPHER_SUITE_NAMES)[number];

export interface CipherSuite {
  /** OpenSSL's name (openssl-ciphers(1)). */
  readonly openssl: string;
  /** Name in the IANA TLS Cipher Suites registry. */
  readonly iana: string;
  readonly version: TlsProtocol;
  /** The kind of key that the certificate must have; null for any. */
  readonly key: "rsa" | "ecdsa" | null;
}

/** Every suite that can be offered, in the server's order of preference. */
export const SUITES: Readonly<Record<CipherSuiteName, CipherSuite>> = {
  "tls13-aes-256-gcm-sha384": suite13("TLS_AES_256_GCM_SHA384"),
  "tls13-aes-128-gcm-sha256": suite13("TLS_AES_128_GCM_SHA256"),
  "tls13-chacha20-poly1305-sha256": suite13("TLS_CHACHA20_POLY1305_SHA256"),
  "tls-ecdhe-ecdsa-with-aes-256-gcm-sha384": suite12("ecdsa", "AES256-GCM-SHA384", "AES_256_GCM_SHA384"),
  "tls-ecdhe-rsa-with-aes-256-gcm-sha384": suite12("rsa", "AES256-GCM-SHA384", "AES_256_GCM_SHA384"),
  "tls-ecdhe-ecdsa-with-aes-128-gcm-sha256": suite12("ecdsa", "AES128-GCM-SHA256", "AES_128_GCM_SHA256"),
  "tls-ecdhe-rsa-with-aes-128-gcm-sha256": suite12("rsa", "AES128-GCM-SHA256", "AES_128_GCM_SHA256"),
  "tls-ecdhe-ecdsa-with-chacha20-poly1305-sha256": suite12("ecdsa", "CHACHA20-POLY1305", "CHACHA20_POLY1305_SHA256"),
  "tls-ecdhe-rsa-with-chacha20-poly1305-sha256": suite12("rsa", "CHACHA20-POLY1305", "CHACHA20_POLY1305_SHA256"),
};

function suite13(name: string): CipherSuite {
  return { openssl: name, iana: name, version: "tls13", key: null };
}

function suite12(key: "rsa" | "ecdsa", openssl: string, iana: string): CipherSuite {
  const kind = key.toUpperCase();
  return { openssl: `ECDHE-${kind}-${openssl}`, iana: `TLS_ECDHE_${kind}_WITH_${iana}`, version: "tls12", key };
}

export interface OfferedTls {
  /** A version without a suite left is not offered. */
  readonly versions: readonly TlsProtocol[];
  readonly suites: readonly CipherSuiteName[];
}

/** What a listener's two disable sets leave, whatever kind of key its certificates have. */
export function offeredTls(disabled: {
  readonly tlsDisableProtocols: readonly TlsProtocol[];
  readonly tlsDisableCipherSuites: readonly CipherSuiteName[];
}): OfferedTls {
  const suites = CIPHER_SUITE_NAMES.filter(
    (name) =>
      !disabled.tlsDisableCipherSuites.includes(name) && !disabled.tlsDisableProtocols.includes(SUITES[name].version),
  );
  const versions = TLS_PROTOCOLS.filter((version) => suites.some((name) => SUITES[name].version === version));
  return { versions, suites };
}
