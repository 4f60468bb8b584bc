/** Why a handshake failed: `reason` is a metric's label, `detail` is for the log and holds no secret. */
export interface HandshakeFailure {
  readonly reason: /** No suite, key exchange group or signature algorithm in common. */
    | "no-shared-cipher"
    /** The peer offers no version that is offered here. */
    | "no-shared-version"
    /** The peer's ALPN does not include the listener's protocol. */
    | "no-shared-protocol"
    /** A certificate of the client is required, and it has shown none, or one that is not trusted. */
    | "client-certificate"
    /** What the peer sent is not TLS: HTTP, a clear-text command, noise. */
    | "not-tls"
    /** The peer aborted with an alert, for example because it does not trust the certificate. */
    | "peer-alert"
    /** FIN in the middle of the handshake. */
    | "peer-closed"
    /** RST in the middle of the handshake. */
    | "peer-reset"
    | "other";
  /** OpenSSL's or the operating system's code, e.g. `ERR_SSL_NO_SHARED_CIPHER`. */
  readonly detail: string;
}

const REASONS: Readonly<Record<string, HandshakeFailure["reason"]>> = {
  ERR_SSL_NO_SHARED_CIPHER: "no-shared-cipher",
  ERR_SSL_NO_SUITABLE_KEY_SHARE: "no-shared-cipher",
  ERR_SSL_NO_SUITABLE_GROUPS: "no-shared-cipher",
  ERR_SSL_NO_SHARED_GROUPS: "no-shared-cipher",
  ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS: "no-shared-cipher",
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: "no-shared-cipher",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "no-shared-version",
  ERR_SSL_UNSUPPORTED_SSL_VERSION: "no-shared-version",
  ERR_SSL_VERSION_TOO_LOW: "no-shared-version",
  ERR_SSL_VERSION_TOO_HIGH: "no-shared-version",
  ERR_SSL_NO_APPLICATION_PROTOCOL: "no-shared-protocol",
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "client-certificate",
  ERR_SSL_HTTP_REQUEST: "not-tls",
  ERR_SSL_HTTPS_PROXY_REQUEST: "not-tls",
  ERR_SSL_WRONG_VERSION_NUMBER: "not-tls",
  ERR_SSL_UNKNOWN_PROTOCOL: "not-tls",
  ERR_SSL_UNEXPECTED_EOF_WHILE_READING: "peer-closed",
  ECONNRESET: "peer-reset",
  EPIPE: "peer-reset",
};

export const PEER_CLOSED: HandshakeFailure = { reason: "peer-closed", detail: "FIN" };
/** The owner of the raw socket destroyed it: on a time-out, or when the server stops. */
export const DESTROYED: HandshakeFailure = { reason: "other", detail: "destroyed" };

/** The meaning of Node's error for a failed handshake. */
export function handshakeFailure(error: unknown): HandshakeFailure {
  const detail = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  const reason = REASONS[detail] ?? (detail.includes("_ALERT_") ? "peer-alert" : "other");
  return { reason, detail };
}
