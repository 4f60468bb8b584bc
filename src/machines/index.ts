/** The statecharts of Gatehouse, without the code that carries them out: `gatehouse/machines`. */
export { type EndCause, endCauses } from "./causes.ts";
export { type CompiledMachine, CompileError, compile, type RefusedFeature } from "./compile.ts";
export {
  type ConnectionContext,
  type ConnectionEvent,
  type ConnectionSettings,
  type ConnectionState,
  connectionMachine,
} from "./connection.ts";
export { EffectNotProvided } from "./effect.ts";
export type { Inspector } from "./inspector.ts";
export type { LifecycleMode } from "./lifecycle-logic.ts";
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
