import type { z } from "zod";
import { fieldsOf } from "../values/fields.ts";
import { publicText, secretText } from "../values/secret-text.ts";

const READ_ONLY = "is read from the certificate and never written; leave it out";

export const certificateSchema = fieldsOf(
  {
    certificate: publicText.describe("The certificate in PEM, followed by its intermediates."),
    privateKey: secretText.describe("The private key of the certificate, in PEM, not encrypted."),
  },
  { subjectAlternativeNames: READ_ONLY, notValidAfter: READ_ONLY, notValidBefore: READ_ONLY, issuer: READ_ONLY },
);

/** A certificate and its key: where they are found, not what they hold. */
export interface CertificateSettings extends Readonly<z.output<typeof certificateSchema>> {
  readonly id: string;
}
