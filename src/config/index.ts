/** The configuration document: what the rest of the house uses of it. */

export type { AccountSettings } from "./account.ts";
export type { AddressConflict } from "./address-conflicts.ts";
export type { AddressPlan, HandOver, TakeOver } from "./address-plan.ts";
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
export { exampleAccount, exampleDocument } from "./example-document.ts";
export type { FieldChange, FieldValue, ListenerField, SystemField } from "./field-changes.ts";
export { ipv6OnlyIn } from "./ipv6-only.ts";
export { jsonSchema } from "./json-schema.ts";
export { type ListenerSettings, PROTOCOLS } from "./listener.ts";
export { describePlan } from "./plan-text.ts";
export { readConfiguration } from "./read.ts";
export { type CertificatePlan, type ListenerPlan, planReload, type ReloadPlan } from "./reload-plan.ts";
export type { ConfigurationDocument } from "./schema.ts";
export { describeSource, type PublicText, type SecretText } from "./secret-text.ts";
export { serializeDocument } from "./serialize.ts";
export type { SourceClock } from "./sources/clock.ts";
export { fileChanges } from "./sources/file-changes.ts";
export { type FileSourceOptions, fileSource } from "./sources/file-source.ts";
export { mergeSources } from "./sources/merge-sources.ts";
export type { WatchOptions } from "./sources/settled-files.ts";
export { signalSource } from "./sources/signal-source.ts";
export type { ConfigurationSource, DocumentRead } from "./sources/source.ts";
export { valueSource } from "./sources/value-source.ts";
export { describeConfiguration } from "./summary.ts";
export type { SystemSettings } from "./system.ts";
