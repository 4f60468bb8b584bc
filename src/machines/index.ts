/** The statecharts of Gatehouse, without the code that runs them: `gatehouse/machines`. */

export { type CompiledMachine, CompileError, compile, type RefusedFeature } from "../charts/compile.ts";
export { EffectNotProvided } from "../charts/effect-not-provided.ts";
export type { Inspector } from "../charts/inspector.ts";
export type { LifecycleMode } from "../charts/lifecycle-logic.ts";
export { type EndCause, endCauses } from "./causes.ts";
export {
  type CertificateContext,
  type CertificateEvent,
  type CertificateInput,
  type CertificateState,
  certificateMachine,
  type KeptCertificate,
  type RenewalOutlook,
} from "./certificate.ts";
export {
  type ConnectionContext,
  type ConnectionEvent,
  type ConnectionSettings,
  type ConnectionState,
  connectionMachine,
} from "./connection.ts";
export {
  EngineTimeoutError,
  type FleetContext,
  type FleetEvent,
  type FleetInput,
  type FleetState,
  fleetMachine,
  type Settlement,
} from "./fleet.ts";
export {
  type ListenerContext,
  type ListenerEvent,
  type ListenerInput,
  type ListenerState,
  listenerMachine,
  type PauseReason,
  pauseReasons,
} from "./listener.ts";
export { type ReloadContext, type ReloadEvent, reloadMachine } from "./reload.ts";
export { type ServerContext, type ServerEvent, type ServerState, serverMachine } from "./server.ts";
export { type UpgradeContext, type UpgradeEvent, type UpgradeInput, upgradeMachine } from "./upgrade.ts";
export { type WorkerContext, type WorkerEvent, type WorkerState, workerMachine } from "./worker.ts";
