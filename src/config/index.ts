/** The configuration document: what the rest of the house uses of it. */

export type { AccountSettings } from "./account.ts";
export { type BindAddress, readBindAddress } from "./bind-address.ts";
export type { BlockedIpSettings } from "./blocked-ip.ts";
export type { CertificateSettings } from "./certificate.ts";
export {
  CIPHER_SUITE_NAMES,
  type CipherSuite,
  type CipherSuiteName,
  type OfferedTls,
  offeredTls,
  SUITES,
  TLS_PROTOCOLS,
  type TlsProtocol,
} from "./cipher-suites.ts";
export { ConfigurationError, type ConfigurationIssue, describeIssue } from "./configuration-error.ts";
export { type ParseOptions, parseDocument } from "./document.ts";
export { describeDuration } from "./duration.ts";
export type { Configuration } from "./effective.ts";
export { exampleDocument } from "./example-document.ts";
export { jsonSchema } from "./json-schema.ts";
export { type ListenerSettings, PROTOCOLS } from "./listener.ts";
export { readConfiguration } from "./read.ts";
export type { ConfigurationDocument } from "./schema.ts";
export { describeSource, type PublicText, type SecretText } from "./secret-text.ts";
export { serializeDocument } from "./serialize.ts";
export { describeConfiguration } from "./summary.ts";
export type { SystemSettings } from "./system.ts";
