/** The configuration document: what other rooms use of it. */

export { type BindAddress, readBindAddress } from "./addresses/bind-address.ts";
export { ipv6OnlyIn } from "./addresses/ipv6-only.ts";
export { type AccountSettings, accountSchema } from "./document/account.ts";
export {
  type AcmeCertificate,
  type CertificateSettings,
  certificateSchema,
  type GivenCertificate,
  isAcme,
} from "./document/certificate.ts";
export { type ClusterSettings, clusterSchema } from "./document/cluster.ts";
export { ConfigurationError, type ConfigurationIssue, describeIssue } from "./document/configuration-error.ts";
export type {
  ConfigurationInput,
  ConfigurationSections,
  NetworkListenerInput,
  SystemSettingsInput,
} from "./document/configuration-input.ts";
export { type ParseOptions, parseDocument } from "./document/document.ts";
export { documentReader, type ReadDocument } from "./document/document-reader.ts";
export { type DocumentWarning, documentWarnings } from "./document/document-warnings.ts";
export {
  type Configuration,
  type ConfigurationMembers,
  checkedConfiguration,
  type GivenConfiguration,
  isConfiguration,
} from "./document/effective.ts";
export { exampleAccount, exampleDocument } from "./document/example-document.ts";
export { jsonSchema } from "./document/json-schema.ts";
export { allowedIpSchema, blockedIpSchema, type ListedIpSettings } from "./document/listed-ip.ts";
export {
  type ClientAuth,
  connectionRateSchema,
  type ForwardedField,
  type ListenerSettings,
  listenerSchema,
  PROTOCOLS,
} from "./document/listener.ts";
export { withOpenedListeners } from "./document/opened-listeners.ts";
export { readConfiguration } from "./document/read.ts";
export { serializeCertificate, serializeDocument } from "./document/serialize.ts";
export { type SessionConfiguration, sessionLimitsSchema } from "./document/session-limits.ts";
export { describeConfiguration } from "./document/summary.ts";
export { type SystemSettings, systemSchema, workerCount } from "./document/system.ts";
export type { DocumentKeeper, KeptText } from "./managed/document-keeper.ts";
export {
  type AppliedChanges,
  type ApplyOptions,
  type ChangeProblem,
  type DocumentChange,
  DocumentChangeError,
  type DocumentPlace,
  type DocumentSnapshot,
  DocumentStateError,
  type ManagedDocument,
  type SectionName,
  SINGLETON,
} from "./managed/managed-document-contract.ts";
export { type DocumentServer, RunningDocument, type RunningDocumentOptions } from "./managed/running-document.ts";
export type { AddressConflict } from "./plan/address-conflicts.ts";
export type { AddressPlan, HandOver, TakeOver } from "./plan/address-plan.ts";
export type { FieldValue } from "./plan/comparison.ts";
export type { FieldChange, ListenerField, SystemField } from "./plan/field-changes.ts";
export { describePlan } from "./plan/plan-text.ts";
export { type CertificatePlan, type ListenerPlan, planReload, type ReloadPlan } from "./plan/reload-plan.ts";
export { type ShortPlan, shortPlan } from "./plan/short-plan.ts";
export type { SourceClock } from "./sources/clock.ts";
export { demandSource } from "./sources/demand-source.ts";
export { fileChanges } from "./sources/file-changes.ts";
export { type FileSourceOptions, fileSource } from "./sources/file-source.ts";
export { mergeSources } from "./sources/merge-sources.ts";
export type { LoadedDigests, WatchOptions } from "./sources/settled-files.ts";
export { broughtBy, type ConfigurationSource, type DocumentRead } from "./sources/source.ts";
export { valueSource } from "./sources/value-source.ts";
export {
  CIPHER_SUITE_NAMES,
  type CipherSuite,
  type CipherSuiteName,
  type OfferedTls,
  offeredTls,
  SUITES,
  TLS_PROTOCOLS,
  type TlsProtocol,
} from "./values/cipher-suites.ts";
export { describeDuration } from "./values/duration.ts";
export { type FieldDisplay, fieldDisplay } from "./values/field-display.ts";
export { isIgnored } from "./values/fields.ts";
export { describeSource, type PublicText, referenceForms, type SecretText } from "./values/secret-text.ts";
