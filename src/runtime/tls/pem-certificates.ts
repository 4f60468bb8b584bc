/** The certificates of a PEM text, with the same words for what is wrong wherever one is given. */
import { X509Certificate } from "node:crypto";
import { insteadOfPem, isCertificate, isPrivateKey, pemBlocks } from "./pem.ts";

export interface PemCertificate {
  readonly certificate: X509Certificate;
  readonly pem: string;
}

export interface PemReading {
  /** Makes the error of a text that is not usable. @param problem what is wrong and how to mend it, without a full stop */
  refuse(problem: string, cause?: unknown): Error;
  /** What to do where a private key was given. */
  readonly insteadOfKey: string;
}

/** At least one, in the order of the text. @throws what `refuse` makes */
export function certificatesIn(text: string, { refuse, insteadOfKey }: PemReading): PemCertificate[] {
  const blocks = pemBlocks(text);
  const certificates = blocks.filter(isCertificate);
  if (certificates.length === 0) {
    if (blocks.some(isPrivateKey)) throw refuse(`a private key stands where the certificate should; ${insteadOfKey}`);
    if (blocks.some(({ label }) => label.endsWith("CERTIFICATE REQUEST")))
      throw refuse("a certificate request stands where the certificate should; give what the issuer made of it");
    if (blocks.some(({ label }) => label === "PKCS7"))
      throw refuse("the certificate is in PKCS #7; convert it: openssl pkcs7 -in FILE -print_certs -out tls.crt");
    const how = insteadOfPem(text) ?? "convert it: openssl x509 -in FILE -out tls.crt";
    throw refuse(`the certificate is not in PEM (a text with a line BEGIN CERTIFICATE); ${how}`);
  }
  return certificates.map(({ flaw, text: pem }, index) => {
    const which = certificates.length === 1 ? "the certificate" : `certificate ${index + 1}`;
    if (flaw !== null) throw refuse(`${which} ${flaw}; copy it again`);
    try {
      return { certificate: new X509Certificate(pem), pem };
    } catch (cause) {
      throw refuse(`${which} is damaged; copy it again from whoever issued it`, cause);
    }
  });
}
