import { z } from "zod";
import { mustBe } from "../values/expectation.ts";
import { fieldDisplay } from "../values/field-display.ts";
import { fieldsOf, type IgnoredFields, SERVER_SET } from "../values/fields.ts";
import { hostname, objectName } from "../values/names.ts";
import { read } from "../values/reading.ts";
import { type PublicText, publicText, type SecretText, secretText } from "../values/secret-text.ts";
import { setOf } from "../values/set-of.ts";

const READ = "Read from the certificate, never written. Ignored.";
const ignored: IgnoredFields = {
  ...SERVER_SET,
  subjectAlternativeNames: READ,
  notValidBefore: READ,
  notValidAfter: READ,
  issuer: READ,
  state: "Set by a server. Ignored.",
  renewsAt: "Set by a server. Ignored.",
  lastError: "Set by a server. Ignored.",
};

/** The directory of Let's Encrypt. */
export const DEFAULT_DIRECTORY = "https://acme-v02.api.letsencrypt.org/directory";
const CHALLENGES = ["tls-alpn-01", "http-01"] as const;

const DIRECTORY = mustBe(
  'the https address of an ACME directory, like "https://acme-v02.api.letsencrypt.org/directory"',
);
const CONTACT = mustBe('a mail address like "admin@example.com"');
const KEY_ID = mustBe("a key identifier as the authority gives it, without spaces");
const ACME = "ACME";
const FORM = mustBe('"Acme", or left out for a certificate that is given');

const contact = z.string({ error: CONTACT }).regex(/^(?:mailto:)?[^\s@,:?]+@[^\s@,:?]+$/, { error: CONTACT });

const domain = hostname.superRefine((text, context) => {
  if (!text.includes("."))
    context.addIssue({
      code: "custom",
      message: "must be a name with a dot: an authority on the Internet certifies no other",
    });
});
/** What no challenge here proves is told apart from what is no name at all. */
const domainText = z.string({ error: mustBe("a domain name") }).superRefine((text, context) => {
  const message = unprovable(text);
  if (message !== null) {
    context.addIssue({ code: "custom", message });
    return;
  }
  for (const { message } of domain.safeParse(text).error?.issues ?? []) context.addIssue({ code: "custom", message });
});

function unprovable(text: string): string | null {
  if (text.startsWith("*"))
    return "is a wildcard, which neither tls-alpn-01 nor http-01 can prove (RFC 8555 section 8.4 has dns-01 for it); name each domain, or give a certificate of your own";
  if (/^\[?[0-9a-f:.]*:[0-9a-f:.]*\]?$/i.test(text) || /^\d+(?:\.\d+){3}$/.test(text))
    return "is an IP address, which is not certified here; name a domain, or give a certificate of your own";
  return null;
}

const lowerCase = (text: string) => text.toLowerCase();

const shape = {
  "@type": z
    .enum(["Acme"], { error: FORM })
    .nullable()
    .default(null)
    .describe("Acme: ordered and renewed by itself. Null: given by certificate and privateKey.")
    .register(fieldDisplay, { label: "Kind", section: ACME, enumName: "CertificateKind" }),
  certificate: publicText
    .nullable()
    .default(null)
    .describe("The certificate in PEM, followed by its intermediates. Required unless @type is Acme.")
    .register(fieldDisplay, { label: "Certificate", section: "Certificate and key", objectName: "x:PublicText" }),
  privateKey: secretText
    .nullable()
    .default(null)
    .describe("The private key of the certificate, in PEM, not encrypted. Required unless @type is Acme.")
    .register(fieldDisplay, { label: "Private key", section: "Certificate and key", objectName: "x:SecretText" }),
  domains: setOf<string>({
    of: "domain names",
    element: domainText.meta({ examples: ["mail.example.com"] }),
    reader: (text) => read(lowerCase(text)),
    textOf: (name) => name,
  })
    .prefault([])
    .describe("Acme: the names that the certificate is for, at least one. No wildcards and no IP addresses.")
    .register(fieldDisplay, { label: "Domains", section: ACME, placeholder: "mail.example.com" }),
  contact: setOf<string>({
    of: "mail addresses",
    element: contact.meta({ examples: ["admin@example.com"] }),
    reader: (text) => read(text.replace(/^mailto:/, "")),
    textOf: (address) => address,
  })
    .prefault([])
    .describe("Acme: whom the authority may write to about the account.")
    .register(fieldDisplay, {
      label: "Contact",
      section: ACME,
      placeholder: "admin@example.com",
      format: "emailAddress",
    }),
  directory: z
    .url({ protocol: /^https$/, error: DIRECTORY })
    .nullable()
    .default(null)
    .describe("Acme: the directory of the authority (RFC 8555 section 7.1.1). Null: Let's Encrypt.")
    .register(fieldDisplay, { label: "Directory", section: ACME, placeholder: DEFAULT_DIRECTORY, format: "uri" }),
  challenge: z
    .enum(CHALLENGES, { error: mustBe(CHALLENGES.map((name) => `"${name}"`).join(" or ")) })
    .default("tls-alpn-01")
    .describe(
      "Acme: how control of the domains is proved. tls-alpn-01: on port 443, by every listener with TLS (RFC 8737). http-01: on port 80, by every http listener (RFC 8555 section 8.3).",
    )
    .register(fieldDisplay, { label: "Challenge", section: ACME, enumName: "AcmeChallenge" }),
  eabKeyId: z
    .string({ error: KEY_ID })
    .regex(/^[\x21-\x7e]+$/, { error: KEY_ID })
    .nullable()
    .default(null)
    .describe(
      "Acme: the key identifier of an account that you have at the authority (RFC 8555 section 7.3.4), where it asks for one. Null: none.",
    )
    .register(fieldDisplay, { label: "Key identifier of an external account", section: ACME }),
  eabHmacKey: secretText
    .nullable()
    .default(null)
    .describe("Acme: the key that belongs to eabKeyId, in base64url as the authority gives it.")
    .register(fieldDisplay, { label: "Key of an external account", section: ACME, objectName: "x:SecretText" }),
};

/** For JSON Schema; `checkCertificates` says what each of the two forms needs. */
const needs = {
  anyOf: [
    { properties: { "@type": { const: "Acme" } }, required: ["@type", "domains"] },
    { required: ["certificate", "privateKey"] },
  ],
};

export const certificateSchema = fieldsOf(shape, ignored).meta(needs);

const { id: _, ...ignoredBesideId } = ignored;

/** In the array form, which keeps its order in any program. */
export const identifiedCertificateSchema = fieldsOf(
  { id: objectName.describe("The id that `defaultCertificateId` refers to. Unique."), ...shape },
  ignoredBesideId,
).meta(needs);

/** A certificate and its key: where they are found, not their contents. */
export interface GivenCertificate {
  readonly id: string;
  readonly certificate: PublicText;
  readonly privateKey: SecretText;
}

/** A certificate that is ordered from an authority (RFC 8555), and renewed. */
export interface AcmeCertificate {
  readonly id: string;
  readonly "@type": "Acme";
  /** In lower case. */
  readonly domains: readonly string[];
  /** Mail addresses. */
  readonly contact: readonly string[];
  readonly directory: string;
  readonly challenge: (typeof CHALLENGES)[number];
  /** Both or neither. */
  readonly eabKeyId: string | null;
  readonly eabHmacKey: SecretText | null;
}

export type CertificateSettings = GivenCertificate | AcmeCertificate;

export function isAcme(settings: CertificateSettings): settings is AcmeCertificate {
  return "@type" in settings;
}
