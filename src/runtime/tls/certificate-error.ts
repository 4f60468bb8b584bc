export type CertificateErrorCode =
  /** A file or variable cannot be read. */
  | "certificate-unreadable"
  /** Not a certificate in PEM, or one that OpenSSL refuses to serve. */
  | "certificate-malformed"
  /** Not a private key in PEM, or an encrypted one, or of a kind that is not supported for TLS here. */
  | "private-key-malformed"
  /** The private key belongs to another certificate. */
  | "private-key-mismatch";

/**
 * A certificate cannot be served. The message says which one, what is wrong and what to do; it holds no key material.
 */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
  readonly code: CertificateErrorCode;
  readonly certificateId: string;

  constructor(code: CertificateErrorCode, certificateId: string, problem: string) {
    super(`Certificate "${certificateId}": ${problem}`);
    this.code = code;
    this.certificateId = certificateId;
  }
}
