/** Gatehouse for embedders: the package's main entry point. */

export type { Inspector } from "./charts/inspector.ts";
export type { LifecycleMode } from "./charts/lifecycle-logic.ts";
export {
  type AppliedChanges,
  type ApplyOptions,
  type ChangeProblem,
  type Configuration,
  ConfigurationError,
  type ConfigurationInput,
  type ConfigurationIssue,
  type ConfigurationSections,
  type ConfigurationSource,
  type DocumentChange,
  DocumentChangeError,
  type DocumentKeeper,
  type DocumentPlace,
  type DocumentRead,
  type DocumentServer,
  type DocumentSnapshot,
  DocumentStateError,
  describeConfiguration,
  describePlan,
  exampleAccount,
  exampleDocument,
  type FileSourceOptions,
  fileSource,
  type GivenConfiguration,
  jsonSchema,
  type KeptText,
  type ListenerSettings,
  type ManagedDocument,
  mergeSources,
  type NetworkListenerInput,
  parseDocument,
  planReload,
  type ReloadPlan,
  RunningDocument,
  type RunningDocumentOptions,
  readConfiguration,
  type SectionName,
  type SystemSettings,
  type SystemSettingsInput,
  serializeDocument,
  valueSource,
} from "./config/index.ts";
export { ControlSocketError } from "./control/control-socket.ts";
export type { ControlProblem } from "./control/problems.ts";
export type { ConnectionReport, FleetReport, ListenerReport, ReloadAnswer, StatusReport } from "./control/reports.ts";
export { checkGatehouse, createGatehouse } from "./gatehouse.ts";
export type {
  CertificateStatus,
  CloseOptions,
  FleetStatus,
  Gatehouse,
  ListenerStatus,
  ReloadOptions,
  StopOptions,
  UpgradeOptions,
} from "./gatehouse-contract.ts";
export { GatehouseOptionError } from "./gatehouse-option-forms.ts";
export type { ControlOptions, GatehouseOptions, MadeAdministrator } from "./gatehouse-options.ts";
export { type EndCause, endCauses, type OwnName } from "./machines/causes.ts";
export type { FleetState } from "./machines/fleet.ts";
export { type ListenerState, type PauseReason, pauseReasons } from "./machines/listener.ts";
export { meaningOfCause, type OwnEndCause } from "./machines/own-causes.ts";
export type { ServerState } from "./machines/server.ts";
export {
  AccountDirectory,
  type AccountEntry,
  hashPassword,
  mailboxBackend,
  openStore,
  type QueuePlace,
  type Store,
  StoreError,
  verifyPassword,
} from "./mailbox/index.ts";
export type {
  Answer,
  Backend,
  CertificateAttempt,
  DeliveryAnswer,
  Envelope,
  Identity,
  IncomingMessage,
  LoginAttempt,
  Recipient,
  Reply,
  WholeMessage,
} from "./protocols/backend.ts";
export {
  defineProtocol,
  defineSession,
  type ProtocolDefinition,
  type SessionDefinition,
  type TalkProtocolDefinition,
  type TurnProtocolDefinition,
} from "./protocols/define-protocol.ts";
export type { Endpoint, PeerProcess } from "./protocols/endpoint.ts";
export type { HttpHandler } from "./protocols/http/http-handler.ts";
export {
  type HttpAnswerer,
  type HttpOptions,
  type HttpProtocol,
  type HttpSettings,
  http,
} from "./protocols/http/index.ts";
export type { RequestFacts } from "./protocols/http/request-facts.ts";
export type { UpgradedStream, UpgradeHandler } from "./protocols/http/upgrade.ts";
export type { FetchHandler } from "./protocols/http/web-handler.ts";
export { defaultImapLimits, type ImapLimits, type ImapOptions, imap } from "./protocols/imap/index.ts";
export { LineReader, type LineReaderOptions, type LineStatus } from "./protocols/line-reader.ts";
export { type LmtpOptions, lmtp } from "./protocols/lmtp/index.ts";
export { defaultLoginLimits, type LoginLimits } from "./protocols/login.ts";
export { defaultLoginDelays, type LoginDelays, LoginFailures } from "./protocols/login-failures.ts";
export {
  type AccountMail,
  type Appended,
  type AppendRequest,
  type ByteRange,
  type Copied,
  DEFAULT_MAILBOX_LIMITS,
  type EnvelopeAddress,
  type FlagChange,
  HIERARCHY_DELIMITER,
  INBOX,
  type Mailbox,
  type MailboxChange,
  type MailboxEntry,
  MailboxError,
  type MailboxErrorCode,
  type Mailboxes,
  type MailboxLimits,
  type MailboxStatus,
  type Maildrop,
  type MaildropMessage,
  type MessageContent,
  type MessageEnvelope,
  type MessagePart,
  type MessageStructure,
  type MessageSummary,
  type MimeParameters,
  type Quota,
  type ScriptEntry,
  type Scripts,
  SPECIAL_USES,
  type SpecialUse,
  type StoreResult,
  type TextQuery,
} from "./protocols/mailbox.ts";
export {
  defaultManageSieveLimits,
  type ManageSieveLimits,
  type ManageSieveOptions,
  manageSieve,
} from "./protocols/manage-sieve/index.ts";
export { type OwnCauses, type OwnNotice, type OwnNotices, UnregisteredNameError } from "./protocols/own-names.ts";
export { defaultPop3Limits, type Pop3Limits, type Pop3Options, pop3 } from "./protocols/pop3/index.ts";
export {
  type ActorOptions,
  type ClientCertificate,
  type Close,
  CONTINUE,
  type ConnectionFacts,
  close,
  GOODBYE,
  type Notice,
  type NoticeFields,
  type Protocol,
  type Refusal,
  type Session,
  type SessionProtocol,
  type StreamProtocol,
  type StreamSession,
  type StreamWire,
  type TlsFacts,
  UPGRADE,
  type Upgrade,
  type Verdict,
  WAIT,
  type Wire,
} from "./protocols/protocol.ts";
export type { ProxyFacts, ProxySsl, ProxyTlvs, Tlv } from "./protocols/proxy-facts.ts";
export { ProtocolOptionError } from "./protocols/session/options.ts";
export {
  checkScript,
  defaultSieveLimits,
  findingText,
  type ScriptFinding,
  type ScriptReport,
  type SieveExtension,
  type SieveLimits,
  sieveExtensions,
} from "./protocols/sieve/index.ts";
export { defaultSmtpLimits, type SmtpLimits, type SmtpOptions, smtp } from "./protocols/smtp/index.ts";
export type { TakeOver } from "./protocols/take-over.ts";
export { InputEndedError, type InputOptions, type TalkInput } from "./protocols/talk/input.ts";
export { type Said, type Talk, type TalkWire, talkSession } from "./protocols/talk/session.ts";
export type { ListedAddress } from "./runtime/admission/address-list.ts";
export type { RuleFinding } from "./runtime/admission/admission.ts";
export type { AsyncAdmissionRule } from "./runtime/admission/async-rules.ts";
export { type BlockedAddress, BlockedAddressError, type BlockedEntry } from "./runtime/admission/block-list.ts";
export type { AdmissionRequest, AdmissionRule } from "./runtime/admission/client-limits.ts";
export { ExplainedClientError } from "./runtime/explain/explain.ts";
export type {
  ExplainedClient,
  ExplainedOutcome,
  ExplainedStep,
  ExplainedTls,
  Explanation,
} from "./runtime/explain/explanation.ts";
export type {
  Engine,
  EngineListener,
  EngineOptions,
  EngineScript,
  OpenEngine,
  ScriptCall,
} from "./runtime/fleet/engine.ts";
export { EngineDocument, type EngineDocumentOptions } from "./runtime/fleet/engine-document.ts";
export { FleetError, type FleetErrorCode } from "./runtime/fleet/fleet-error.ts";
export type { NodeFacts, NodeStatus } from "./runtime/fleet/node-facts.ts";
export { ListenerStateError } from "./runtime/listener/listener-errors.ts";
export type {
  BoundAddress,
  LifecycleEvent,
  LifecycleEvents,
  OwnNoticeEvent,
  PhaseDurations,
} from "./runtime/observe/lifecycle.ts";
export { type LogDestination, logDestination } from "./runtime/observe/log-destination.ts";
export type { ListenerTotals, Metrics } from "./runtime/observe/metrics.ts";
export type { CountedOutput } from "./runtime/observe/output.ts";
export { MissingPackageError } from "./runtime/optional-package.ts";
export type {
  ExhaustedResource,
  Pressure,
  PressureSample,
  ResourceUse,
} from "./runtime/pressure/pressure.ts";
export type { PressureResource } from "./runtime/pressure/pressure-resource.ts";
export {
  defaultPressureThresholds,
  PressureOptionError,
  type PressureThreshold,
  type PressureThresholdOptions,
} from "./runtime/pressure/thresholds.ts";
export { dropPrivileges } from "./runtime/privileges/drop-privileges.ts";
export { PrivilegeError } from "./runtime/privileges/privilege-error.ts";
export { findProcessUser, type ProcessUser } from "./runtime/privileges/process-user.ts";
export { ReloadError, type ReloadReport } from "./runtime/reload/reload.ts";
export type { PressureOptions } from "./runtime/server/pressure-watch.ts";
export { NotRunningError, StartError, UnknownListenerError } from "./runtime/server/server-errors.ts";
export type { StateCounts } from "./runtime/server/state-counts.ts";
export {
  type ConnectionFilter,
  ConnectionFilterError,
  type ConnectionStatus,
  type WatchedConnection,
} from "./runtime/server/watched-connections.ts";
export { BindError } from "./runtime/sockets/bind-error.ts";
export { type InheritedSocket, InheritedSockets } from "./runtime/sockets/inherited-sockets.ts";
export { inheritedSockets } from "./runtime/systemd/listen-fds.ts";
export { NotifySocketError } from "./runtime/systemd/notify-socket.ts";
export { ServiceManager } from "./runtime/systemd/service-manager.ts";
export { type Clock, systemClock } from "./runtime/time/clock.ts";
export type { TrialHandshake } from "./runtime/tls/trial-handshake.ts";
export { findPredecessor, type Predecessor, SuccessionError } from "./runtime/upgrade/predecessor.ts";
export { type StartSuccessor, type Successor, sameProgram } from "./runtime/upgrade/successor.ts";
export { UpgradeError, type UpgradeErrorCode } from "./runtime/upgrade/upgrade-error.ts";
export type { UpgradeReport } from "./runtime/upgrade/upgrader.ts";
export { WorkersOptionError } from "./worker-options.ts";
export type { WorkersOptions } from "./workers-options.ts";
