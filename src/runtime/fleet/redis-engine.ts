/** An engine by node-redis, which is loaded only when a document has a `cluster`. */
import { once } from "node:events";
import { messageOf } from "../../config/values/thrown.ts";
import { loadOptional } from "../optional-package.ts";
import type { EngineOptions, EngineScript, OpenEngine, ScriptCall } from "./engine.ts";
import { type EngineAddress, enginePlace, type SearchedPlace } from "./engine-place.ts";
import { type EngineTls, isSameTls, readEngineTls } from "./engine-tls.ts";
import { EngineSearch, isSame } from "./find-engine.ts";
import { FleetError } from "./fleet-error.ts";
import { MovingEngine, type PlacedEngine } from "./moving-engine.ts";

/** Between two attempts to connect, in milliseconds; up to half of it more, by chance. */
const reconnectPause = 200;

type Redis = typeof import("redis");

/** @throws MissingPackageError */
export function loadRedis(): Promise<Redis> {
  return loadOptional({ name: "redis", purpose: "SystemSettings.cluster" }, () => import("redis"));
}

/** @throws MissingPackageError; FleetError for a URL that is none, and files that cannot be used; CredentialError */
export const openRedis: OpenEngine = async (options) => {
  const redis = await loadRedis();
  const place = enginePlace(options.url);
  const tls = await readEngineTls(place.tls);
  const lost = (error: unknown): void => options.listener.lost(error);
  const open = (connection: RedisConnection, lostThere: typeof lost): RedisEngine =>
    new RedisEngine(redis, { ...options, listener: { ...options.listener, lost: lostThere } }, connection);
  if (place.kind === "address") {
    const { url } = place;
    if (isSameTls(tls, null)) return open({ url }, lost);
    // It stays where it is, but certificates are renewed.
    return new MovingEngine({
      ...{ find: () => readEngineTls(place.tls), isSame: isSameTls, lookEvery: null, lost },
      openAt: (found, lostThere) => open({ url, socket: { ...found } }, lostThere),
    });
  }
  const search = new EngineSearch(redis, { place, key: options.key });
  return new MovingEngine({
    find: async (signal) => {
      const found = await readEngineTls(place.tls);
      return { address: await search.find(found, signal), tls: found };
    },
    isSame: (one, other) => isSame(one.address, other.address) && isSameTls(one.tls, other.tls),
    openAt: (found, lostThere) => open(connectionTo(place, { ...found.address, ...found.tls }), lostThere),
    lookEvery: Math.ceil(options.silence / 3),
    lost,
  });
};

interface RedisConnection {
  readonly url?: string;
  readonly username?: string;
  readonly password?: string;
  readonly database?: number;
  readonly socket?: Partial<EngineAddress & EngineTls>;
}

function connectionTo(
  { username, password, database }: SearchedPlace,
  socket: EngineAddress & Partial<EngineTls>,
): RedisConnection {
  return {
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(database === 0 ? {} : { database }),
    socket,
  };
}

function clientFor({ RedisClient }: Redis, { name, silence }: EngineOptions, connection: RedisConnection) {
  try {
    // createClient() makes a class with all commands for each client, which takes 30 ms. This one is made once.
    return RedisClient.factory()({
      ...connection,
      name,
      // What nobody waits for any more must not be sent later.
      disableOfflineQueue: true,
      // Whoever asks has a limit of its own. Each command's would be a timer that goes off later, and makes an error then.
      commandOptions: { timeout: 0 },
      pingInterval: Math.ceil(silence / 3),
      socket: {
        ...connection.socket,
        connectTimeout: silence,
        socketTimeout: silence,
        reconnectStrategy: () => Math.round(reconnectPause * (1 + Math.random() / 2)),
      },
    });
  } catch {
    throw new FleetError("engine-url", 'SystemSettings.cluster.url is no URL like "redis://host:6379": correct it.');
  }
}

/** At one address. */
class RedisEngine implements PlacedEngine {
  readonly #commands: ReturnType<typeof clientFor>;
  /** Subscribed to the channel; a connection of its own, so that a slow script holds up no note. */
  readonly #notes: ReturnType<typeof clientFor>;
  #closed = false;

  constructor(redis: Redis, options: EngineOptions, connection: RedisConnection) {
    const { channel, listener } = options;
    this.#commands = clientFor(redis, options, connection);
    this.#notes = clientFor(redis, options, connection);
    this.#commands.on("error", (error: unknown) => listener.lost(lostError(error)));
    this.#notes.on("error", () => {
      // Whether the engine is there, the other connection tells.
    });
    this.#notes.on("ready", () => listener.heard(null));
    this.#begin(this.#commands.connect());
    this.#begin(this.#notes.connect().then(() => this.#notes.subscribe(channel, (text) => listener.heard(text))));
  }

  get isReady(): boolean {
    return this.#commands.isReady;
  }

  async reach(signal: AbortSignal): Promise<void> {
    await this.#ready(signal);
    await this.#answer(this.#commands.ping());
  }

  async run({ text, digest }: EngineScript, { keys, args }: ScriptCall, signal: AbortSignal): Promise<unknown> {
    await this.#ready(signal);
    // As a list: `evalSha()` takes half as long again to come to the same.
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await this.#commands.sendCommand(["EVALSHA", digest, ...rest]);
    } catch (error) {
      if (!messageOf(error).startsWith("NOSCRIPT")) throw engineError(error);
    }
    return this.#answer(this.#commands.sendCommand(["EVAL", text, ...rest]));
  }

  close(): void {
    this.#closed = true;
    for (const client of [this.#commands, this.#notes]) {
      client.removeAllListeners("ready");
      client.destroy();
    }
  }

  async #ready(signal: AbortSignal): Promise<void> {
    // An error of the connection ends the wait.
    if (!this.#commands.isReady) await this.#answer(once(this.#commands, "ready", { signal }));
  }

  async #answer<Answer>(asked: Promise<Answer>): Promise<Answer> {
    try {
      return await asked;
    } catch (error) {
      throw engineError(error);
    }
  }

  /** Connections are made until they are closed. */
  #begin(connecting: Promise<unknown>): void {
    connecting.catch((error: unknown) => {
      if (!this.#closed) this.#commands.emit("error", error);
    });
  }
}

function lostError(error: unknown): FleetError {
  // OpenSSL ends its lines.
  const words = messageOf(error).trim();
  const advice = /certificate|altnames|SSL routines/i.test(words)
    ? "See the names and the authority of its certificate, and caFile, certificateFile and keyFile of SystemSettings.cluster.url"
    : "See whether it runs, and SystemSettings.cluster.url";
  return new FleetError("engine-lost", `The engine of the fleet cannot be reached: ${words}. ${advice}.`, {
    cause: error,
  });
}

/** An answer that is an error was given by the engine itself. */
function engineError(error: unknown): FleetError {
  const refused = error instanceof Error && /^[A-Z]+ /.test(error.message);
  if (!refused) return lostError(error);
  const advice = error.message.startsWith("CROSSSLOT")
    ? "In a cluster of engines the key of the document must begin with the fleet's keyPrefix in braces, as in redis:{gatehouse}:mail"
    : "See its memory, its rights and its version";
  const text = `The engine of the fleet has refused what it was asked: ${error.message}. ${advice}.`;
  return new FleetError("engine-refused", text, { cause: error });
}
