/** Gatehouse for embedders: the only door. */
export {
  type Configuration,
  type ConfigurationDocument,
  ConfigurationError,
  type ConfigurationIssue,
  describeConfiguration,
  describePlan,
  exampleDocument,
  jsonSchema,
  type ListenerSettings,
  parseDocument,
  planReload,
  type ReloadPlan,
  readConfiguration,
  type SystemSettings,
  serializeDocument,
} from "./config/index.ts";
export { ControlSocketError } from "./control/control-socket.ts";
export type { ConnectionReport, ListenerReport, ReloadAnswer, StatusReport } from "./control/reports.ts";
export type { ControlProblem } from "./control/routes.ts";
export {
  type ConnectionStatus,
  type ControlOptions,
  checkGatehouse,
  createGatehouse,
  type Gatehouse,
  type GatehouseOptions,
  type ListenerStatus,
  type MadeAdministrator,
  type StopOptions,
} from "./gatehouse.ts";
export { type EndCause, endCauses } from "./machines/causes.ts";
export type { LifecycleMode } from "./machines/lifecycle-logic.ts";
export { type PauseReason, pauseReasons } from "./machines/listener.ts";
export {
  AccountDirectory,
  type AccountEntry,
  hashPassword,
  mailboxBackend,
  openStore,
  type Store,
  StoreError,
  verifyPassword,
} from "./mailbox/index.ts";
export type {
  Answer,
  Backend,
  Envelope,
  Identity,
  IncomingMessage,
  LoginAttempt,
  Recipient,
  Reply,
} from "./protocols/backend.ts";
export { type HttpOptions, http } from "./protocols/http/index.ts";
export {
  CONTINUE,
  type ConnectionFacts,
  close,
  type Endpoint,
  type Notice,
  type Protocol,
  type Refusal,
  type Session,
  type SessionProtocol,
  type StreamProtocol,
  type StreamSession,
  type TlsFacts,
  UPGRADE,
  type Verdict,
  WAIT,
  type Wire,
} from "./protocols/protocol.ts";
export type { ProxyFacts, ProxySsl, ProxyTlvs, Tlv } from "./protocols/proxy-facts.ts";
export { defaultSmtpLimits, type SmtpLimits, SmtpOptionError, type SmtpOptions, smtp } from "./protocols/smtp/index.ts";
export { type BlockedAddress, BlockedAddressError, type BlockedEntry } from "./runtime/admission/block-list.ts";
export type { AdmissionRequest, AdmissionRule } from "./runtime/admission/client-limits.ts";
export { type Clock, systemClock } from "./runtime/clock.ts";
export type { Inspector } from "./runtime/connection.ts";
export type { BoundAddress, LifecycleEvent, LifecycleEvents, PhaseDurations } from "./runtime/lifecycle.ts";
export { ListenerStateError } from "./runtime/listener-errors.ts";
export { logDestination } from "./runtime/log-destination.ts";
export type {
  ExhaustedResource,
  Pressure,
  PressureResource,
  PressureSample,
  ResourceUse,
} from "./runtime/pressure/pressure.ts";
export type { PressureOptions } from "./runtime/pressure/pressure-watch.ts";
export {
  defaultPressureThresholds,
  PressureOptionError,
  type PressureThreshold,
  type PressureThresholdOptions,
} from "./runtime/pressure/thresholds.ts";
export { ReloadError, type ReloadReport } from "./runtime/reload.ts";
export { NotRunningError, StartError, UnknownListenerError } from "./runtime/server.ts";
export { BindError } from "./runtime/sockets/bind-error.ts";
