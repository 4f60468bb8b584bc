/** What a fleet shares its state by, as far as its nodes need it: a server of Redis's protocol. */

/** A script that the engine runs at once and alone. */
export interface EngineScript {
  /** Lua 5.1. */
  readonly text: string;
  /** SHA-1 of the text, as EVALSHA takes it. */
  readonly digest: string;
}

export interface ScriptCall {
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

export interface Engine {
  /** Resolves when the engine has answered; waits for a connection until the signal is aborted. */
  reach(signal: AbortSignal): Promise<void>;
  /**
   * Runs a script; waits for a connection until the signal is aborted. What was sent may be carried out even where
   * nobody has heard the answer.
   */
  run(script: EngineScript, call: ScriptCall, signal: AbortSignal): Promise<unknown>;
  close(): void;
}

/** What an engine tells by itself. */
export interface EngineListener {
  /** The connection has ended, or could not be made; another one is tried. */
  lost(error: unknown): void;
  /** Some node has said something on the fleet's channel; or may have, while nobody listened: null. */
  heard(message: string | null): void;
}

/** Opens the connections to an engine, which are made again whenever they end. */
export type OpenEngine = (options: EngineOptions) => Promise<Engine>;

export interface EngineOptions {
  readonly url: string;
  /** One of those that scripts are given: in a cluster of engines all of them are in its slot. */
  readonly key: string;
  readonly channel: string;
  /** As the engine lists its clients. */
  readonly name: string;
  /** A connection on which nothing has come for so long is given up. Milliseconds. */
  readonly silence: number;
  readonly listener: EngineListener;
}
