/** The statecharts of Gatehouse, without the code that carries them out: `gatehouse/machines`. */
export { type EndCause, endCauses } from "./causes.ts";
export {
  type ConnectionContext,
  type ConnectionEvent,
  type ConnectionSettings,
  type ConnectionState,
  connectionMachine,
} from "./connection.ts";
export { EffectNotProvided } from "./effect.ts";
export {
  type ListenerContext,
  type ListenerEvent,
  type ListenerInput,
  type ListenerState,
  listenerMachine,
} from "./listener.ts";
export { type ServerContext, type ServerEvent, type ServerState, serverMachine } from "./server.ts";
