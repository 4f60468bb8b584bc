/** Asks Sentinels, or servers of a cluster, where the engine of a fleet is at the moment. */
import { messageOf } from "../../config/values/thrown.ts";
import type { EngineAddress, SearchedPlace } from "./engine-place.ts";
import type { EngineTls } from "./engine-tls.ts";
import { FleetError } from "./fleet-error.ts";

type Redis = typeof import("redis");
type Client = ReturnType<typeof clientFor>;

/** How long one of them may take, in milliseconds. */
const askTime = 2_000;

export interface Sought {
  readonly place: SearchedPlace;
  /** All keys of the fleet are in its slot. */
  readonly key: string;
}

export class EngineSearch {
  readonly #redis: Redis;
  readonly #sought: Sought;
  /** Those of the document, and of a cluster those that it has named since. The one that answered last comes first. */
  #asked: readonly EngineAddress[];

  constructor(redis: Redis, sought: Sought) {
    this.#redis = redis;
    this.#sought = sought;
    this.#asked = sought.place.asked;
  }

  /** @throws FleetError `engine-lost` when none of them knows */
  async find(tls: EngineTls | null, signal: AbortSignal): Promise<EngineAddress> {
    const reasons: string[] = [];
    for (const address of this.#asked) {
      try {
        const found = await this.#ask({ address, tls }, signal);
        const rest = this.#asked.filter((one) => !isSame(one, address));
        this.#asked = [address, ...rest];
        return found;
      } catch (error) {
        signal.throwIfAborted();
        reasons.push(`${address.host}:${address.port}: ${messageOf(error)}`);
      }
    }
    const who = this.#sought.place.kind === "sentinel" ? "Sentinel" : "server of the cluster";
    const text = `No ${who} says where the engine of the fleet is (${reasons.join("; ")}). See whether they run, and SystemSettings.cluster.url.`;
    throw new FleetError("engine-lost", text);
  }

  async #ask(
    { address, tls }: { readonly address: EngineAddress; readonly tls: EngineTls | null },
    signal: AbortSignal,
  ): Promise<EngineAddress> {
    const isSentinel = this.#sought.place.kind === "sentinel";
    const client = clientFor(this.#redis, this.#sought.place, { ...address, ...tls });
    // What ends it is thrown by what is awaited.
    client.on("error", () => {});
    const late = AbortSignal.any([signal, AbortSignal.timeout(askTime)]);
    const { promise: ended, reject } = Promise.withResolvers<never>();
    late.addEventListener("abort", () => reject(late.reason), { once: true });
    ended.catch(() => {});
    try {
      return await Promise.race([
        client.connect().then(() => (isSentinel ? this.#askSentinel(client) : this.#askCluster(client, address))),
        ended,
      ]);
    } finally {
      if (client.isOpen) client.destroy();
    }
  }

  async #askSentinel(client: Client): Promise<EngineAddress> {
    const { name } = this.#sought.place;
    const answer: unknown = await client.sendCommand(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", name]);
    if (!Array.isArray(answer)) throw new Error(`it knows no ${name}`);
    return { host: String(answer[0]), port: Number(answer[1]) };
  }

  async #askCluster(client: Client, asked: EngineAddress): Promise<EngineAddress> {
    const [slot, ranges] = await Promise.all([client.clusterKeySlot(this.#sought.key), client.clusterSlots()]);
    // One that has no name for itself is the one that was asked.
    const addressOf = ({ host, port }: EngineAddress): EngineAddress => ({ host: host || asked.host, port });
    const named = ranges.flatMap(({ master, replicas }) => [master, ...replicas]).map(addressOf);
    this.#asked = [...this.#asked, ...named].filter(
      (one, at, all) => all.findIndex((other) => isSame(one, other)) === at,
    );
    const range = ranges.find(({ from, to }) => from <= slot && slot <= to);
    if (!range) throw new Error(`it knows nobody who has slot ${slot}`);
    return addressOf(range.master);
  }
}

export function isSame(one: EngineAddress, other: EngineAddress): boolean {
  return one.host === other.host && one.port === other.port;
}

function clientFor({ RedisClient }: Redis, place: SearchedPlace, server: EngineAddress & Partial<EngineTls>) {
  const isSentinel = place.kind === "sentinel";
  const [username, password] = isSentinel
    ? [place.sentinelUsername, place.sentinelPassword]
    : [place.username, place.password];
  // One class for all clients: createClient() makes another for each.
  return RedisClient.factory()({
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    disableOfflineQueue: true,
    socket: { ...server, connectTimeout: askTime, reconnectStrategy: false },
  });
}
