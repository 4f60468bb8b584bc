/** Textual encodings of certificates and keys (RFC 7468): what a PEM text holds, found by its labels. */

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

export interface PemBlock {
  /** E.g. `CERTIFICATE`, `EC PRIVATE KEY`. */
  readonly label: string;
  /** From its BEGIN line to its END line. */
  readonly text: string;
}

export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(BLOCK)].map(([block, label = ""]) => ({ label, text: `${block}\n` }));
}

export function isCertificate(block: PemBlock): boolean {
  return block.label === "CERTIFICATE" || block.label === "X509 CERTIFICATE" || block.label === "TRUSTED CERTIFICATE";
}

export function isPrivateKey(block: PemBlock): boolean {
  return block.label.endsWith("PRIVATE KEY");
}

/** PKCS #8 says so in its label, the traditional form in a header (RFC 1421 4.6.1.1). */
export function isEncrypted(block: PemBlock): boolean {
  return block.label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type: *4, *ENCRYPTED/m.test(block.text);
}
