/** Real engines that are several servers: a cluster, and a master with a replica that Sentinels watch. */
import { execFileSync } from "node:child_process";
import { freePort } from "../../free-port.ts";
import { type CertificateFiles, inUrl } from "./engine-certificates.ts";
import { RedisServer } from "./redis-server.ts";

/** Three masters without replicas, which speak TLS alone. */
export class RedisCluster {
  readonly servers: readonly RedisServer[];
  readonly #certificates: CertificateFiles;

  private constructor(servers: readonly RedisServer[], certificates: CertificateFiles) {
    this.servers = servers;
    this.#certificates = certificates;
  }

  static async start(certificates: CertificateFiles): Promise<RedisCluster> {
    const servers: RedisServer[] = [];
    for (let count = 0; count < 3; count += 1) {
      const bus = await freePort("127.0.0.1");
      const options = ["--cluster-enabled", "yes", "--cluster-port", String(bus), "--cluster-node-timeout", "2000"];
      servers.push(await RedisServer.start(options, { certificates }));
    }
    const cluster = new RedisCluster(servers, certificates);
    const { caFile, certificateFile, keyFile } = certificates;
    const tls = ["--tls", "--cacert", caFile, "--cert", certificateFile, "--key", keyFile];
    cli(...tls, "--cluster", "create", ...servers.map(({ port }) => `127.0.0.1:${port}`), "--cluster-yes");
    for (;;) {
      const states = await Promise.all(servers.map((server) => server.ask("CLUSTER", "INFO")));
      if (states.every((state) => String(state).includes("cluster_state:ok"))) return cluster;
    }
  }

  /** Two of the three are enough to find it. */
  get url(): string {
    const asked = this.servers.slice(1).map(({ port }) => `127.0.0.1:${port}`);
    return `rediss+cluster://${asked.join()}${inUrl(this.#certificates)}`;
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

export interface WatchedRedisAccess {
  /** Of the master and its replica. */
  readonly password: string;
  readonly sentinelPassword: string;
  /** All of them speak TLS, and nothing else. */
  readonly certificates?: CertificateFiles;
}

/** A master, its replica, and one Sentinel that is enough to say that the master is gone. */
export class WatchedRedis {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly sentinel: RedisServer;
  readonly #access: WatchedRedisAccess;

  private constructor(servers: readonly [RedisServer, RedisServer, RedisServer], access: WatchedRedisAccess) {
    [this.master, this.replica, this.sentinel] = servers;
    this.#access = access;
  }

  static async start(access: WatchedRedisAccess): Promise<WatchedRedis> {
    const { password, sentinelPassword, ...secured } = access;
    const master = await RedisServer.start([], access);
    const replica = await RedisServer.start(["--replicaof", "127.0.0.1", String(master.port)], access);
    for (;;) if (String(await replica.ask("INFO", "replication")).includes("master_link_status:up")) break;
    const sentinel = await RedisServer.startSentinel(
      [
        `sentinel monitor fleet 127.0.0.1 ${master.port} 1`,
        `sentinel auth-pass fleet "${password}"`,
        "sentinel down-after-milliseconds fleet 500",
        "sentinel failover-timeout fleet 3000",
      ],
      { ...secured, password: sentinelPassword },
    );
    for (;;) {
      const replicas = (await sentinel.ask("SENTINEL", "REPLICAS", "fleet")) as unknown[];
      if (replicas.length === 1) break;
    }
    return new WatchedRedis([master, replica, sentinel], access);
  }

  get url(): string {
    return this.urlBy(this.sentinel.port);
  }

  /** @param port where the Sentinel is asked */
  urlBy(port: number): string {
    const { password, sentinelPassword, certificates } = this.#access;
    const query = inUrl(certificates ?? null, { sentinelPassword });
    const scheme = certificates ? "rediss+sentinel" : "redis+sentinel";
    return `${scheme}://:${encodeURIComponent(password)}@127.0.0.1:1,127.0.0.1:${port}/fleet${query}`;
  }

  /**
   * Nobody can log in at the master any more: its Sentinel and its replica lose it. Whoever is inside by this name stays,
   * and it takes their changes.
   */
  async abandonMaster(name: string): Promise<void> {
    await this.master.inSession(async (send) => {
      await send("CONFIG", "SET", "requirepass", "nobody knows");
      const own = String(await send("CLIENT", "ID"));
      for (const line of String(await send("CLIENT", "LIST"))
        .trim()
        .split("\n")) {
        const id = /^id=(\d+)/.exec(line)?.[1] ?? "";
        if (id !== own && !line.includes(` name=${name} `)) await send("CLIENT", "KILL", "ID", id);
      }
    });
    // Not the replica: it ends its connections as it becomes the master.
    const named = () => this.sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "fleet");
    while (!String(await named()).endsWith(`,${this.replica.port}`));
  }

  async stop(): Promise<void> {
    await Promise.all([this.sentinel, this.master, this.replica].map((server) => server.stop()));
  }
}

function cli(...args: string[]): void {
  execFileSync("redis-cli", args, { stdio: "ignore" });
}
