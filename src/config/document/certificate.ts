import type { z } from "zod";
import { fieldDisplay } from "../values/field-display.ts";
import { fieldsOf, type IgnoredFields, SERVER_SET } from "../values/fields.ts";
import { objectName } from "../values/names.ts";
import { publicText, secretText } from "../values/secret-text.ts";

const READ = "Read from the certificate, never written. Ignored.";
const ignored: IgnoredFields = {
  ...SERVER_SET,
  subjectAlternativeNames: READ,
  notValidBefore: READ,
  notValidAfter: READ,
  issuer: READ,
};

const shape = {
  certificate: publicText
    .describe("The certificate in PEM, followed by its intermediates.")
    .register(fieldDisplay, { label: "Certificate", section: "Certificate and key", objectName: "x:PublicText" }),
  privateKey: secretText
    .describe("The private key of the certificate, in PEM, not encrypted.")
    .register(fieldDisplay, { label: "Private key", section: "Certificate and key", objectName: "x:SecretText" }),
};

export const certificateSchema = fieldsOf(shape, ignored);

const { id: _, ...ignoredBesideId } = ignored;

/** In the array form, which keeps its order in any program. */
export const identifiedCertificateSchema = fieldsOf(
  { id: objectName.describe("The id that `defaultCertificateId` refers to. Unique."), ...shape },
  ignoredBesideId,
);

/** A certificate and its key: where they are found, not their contents. */
export interface CertificateSettings extends Readonly<z.output<typeof certificateSchema>> {
  readonly id: string;
}
