/** Real engines that are several servers: a cluster, and a master with a replica that Sentinels watch. */
import { execFileSync } from "node:child_process";
import { freePort } from "../../free-port.ts";
import { RedisServer } from "./redis-server.ts";

/** Three masters without replicas. */
export class RedisCluster {
  readonly servers: readonly RedisServer[];

  private constructor(servers: readonly RedisServer[]) {
    this.servers = servers;
  }

  static async start(): Promise<RedisCluster> {
    const servers: RedisServer[] = [];
    for (let count = 0; count < 3; count += 1) {
      const bus = await freePort("127.0.0.1");
      const options = ["--cluster-enabled", "yes", "--cluster-port", String(bus), "--cluster-node-timeout", "2000"];
      servers.push(await RedisServer.start(options));
    }
    const cluster = new RedisCluster(servers);
    cli("--cluster", "create", ...servers.map(({ port }) => `127.0.0.1:${port}`), "--cluster-yes");
    for (;;) {
      const states = await Promise.all(servers.map((server) => server.ask("CLUSTER", "INFO")));
      if (states.every((state) => String(state).includes("cluster_state:ok"))) return cluster;
    }
  }

  /** Two of the three are enough to find it. */
  get url(): string {
    const asked = this.servers.slice(1).map(({ port }) => `127.0.0.1:${port}`);
    return `redis+cluster://${asked.join()}`;
  }

  /** The one that has a key. */
  async ownerOf(key: string): Promise<RedisServer> {
    const id = await this.#slotOwner(key);
    for (const server of this.servers) if (String(await server.ask("CLUSTER", "MYID")) === id) return server;
    throw new Error(`Nobody has the slot of ${key}.`);
  }

  /** Moves the slot of a key, and all that is in it, to another server. */
  async move(key: string): Promise<void> {
    const from = await this.ownerOf(key);
    const to = this.servers.find((server) => server !== from);
    if (!to) throw new Error("There is no other server.");
    const slot = String(await from.ask("CLUSTER", "KEYSLOT", key));
    const [fromId, toId] = await Promise.all([from, to].map(async (one) => String(await one.ask("CLUSTER", "MYID"))));
    await to.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", String(fromId));
    await from.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", String(toId));
    for (;;) {
      const keys = (await from.ask("CLUSTER", "GETKEYSINSLOT", slot, "100")) as string[];
      if (keys.length === 0) break;
      await from.ask("MIGRATE", "127.0.0.1", String(to.port), "", "0", "1000", "REPLACE", "KEYS", ...keys);
    }
    for (const server of [to, from, ...this.servers])
      await server.ask("CLUSTER", "SETSLOT", slot, "NODE", String(toId));
  }

  async #slotOwner(key: string): Promise<string> {
    const [asked] = this.servers;
    const slot = Number(await asked?.ask("CLUSTER", "KEYSLOT", key));
    const ranges = (await asked?.ask("CLUSTER", "SLOTS")) as [number, number, [string, number, string]][];
    return String(ranges.find(([from, to]) => from <= slot && slot <= to)?.[2][2]);
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }
}

/** A master, its replica, and one Sentinel that is enough to say that the master is gone. */
export class WatchedRedis {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly sentinel: RedisServer;
  readonly #login: string;

  private constructor(servers: readonly [RedisServer, RedisServer, RedisServer], login: string) {
    [this.master, this.replica, this.sentinel] = servers;
    this.#login = login;
  }

  /** @param password of the master and its replica; the Sentinel has the same */
  static async start(password: string): Promise<WatchedRedis> {
    const secrets = ["--requirepass", password, "--masterauth", password];
    const master = await RedisServer.start(secrets, password);
    const replica = await RedisServer.start([...secrets, "--replicaof", "127.0.0.1", String(master.port)], password);
    for (;;) if (String(await replica.ask("INFO", "replication")).includes("master_link_status:up")) break;
    const sentinel = await RedisServer.startSentinel(
      [
        `sentinel monitor fleet 127.0.0.1 ${master.port} 1`,
        `sentinel auth-pass fleet "${password}"`,
        "sentinel down-after-milliseconds fleet 500",
        "sentinel failover-timeout fleet 3000",
        `requirepass "${password}"`,
      ],
      password,
    );
    for (;;) {
      const replicas = (await sentinel.ask("SENTINEL", "REPLICAS", "fleet")) as unknown[];
      if (replicas.length === 1) break;
    }
    return new WatchedRedis([master, replica, sentinel], encodeURIComponent(password));
  }

  get url(): string {
    const login = this.#login;
    return `redis+sentinel://:${login}@127.0.0.1:1,127.0.0.1:${this.sentinel.port}/fleet?sentinelPassword=${login}`;
  }

  async stop(): Promise<void> {
    await Promise.all([this.sentinel, this.master, this.replica].map((server) => server.stop()));
  }
}

function cli(...args: string[]): void {
  execFileSync("redis-cli", args, { stdio: "ignore" });
}
