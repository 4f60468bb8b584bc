import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { GatehouseOptions } from "../../../src/index.ts";
import type { Engine, OpenEngine } from "../../../src/runtime/fleet/engine.ts";
import { openRedis } from "../../../src/runtime/fleet/redis-engine.ts";
import { temporaryDirectory } from "../../mailbox/temporary-directory.ts";
import { type RunningGatehouse, runGatehouse } from "../../running-gatehouse.ts";
import { AcmeServer, type Resource } from "../acme/acme-server.ts";
import { EngineWay } from "./engine-way.ts";
import { hasRedis, RedisServer } from "./redis-server.ts";

const domain = "mail.example.com";
const encryptionKey = "bm90IGEga2V5LCBidXQgbG9uZyBlbm91Z2ggZm9yIG9uZQ==";
const leaseTime = 2_000;

interface Wanted {
  readonly fleet: string;
  readonly acme: AcmeServer;
  readonly challenge?: "tls-alpn-01" | "http-01";
  readonly key?: string | null;
  readonly url?: string;
}

/** A node whose engine does nothing for it any more once it is dead. */
interface Node extends RunningGatehouse {
  readonly name: string;
  readonly die: () => void;
}

describe.skipIf(!hasRedis)("the certificates of a fleet", () => {
  let engine: RedisServer;
  beforeAll(async () => {
    engine = await RedisServer.start();
  });
  afterAll(() => engine.stop());

  async function node(name: string, { fleet, acme, challenge = "tls-alpn-01", key, url }: Wanted): Promise<Node> {
    let isDead = false;
    // Files may be written until the last moment.
    const data = temporaryDirectory();
    const openEngine: OpenEngine = async (options) => {
      const opened = await openRedis(options);
      const silent = <Answer>(answer: Promise<Answer>): Promise<Answer> =>
        isDead ? new Promise<Answer>(() => {}) : answer;
      return {
        reach: (signal) => silent(opened.reach(signal)),
        run: (...call) => (isDead ? new Promise(() => {}) : opened.run(...call)),
        close: () => opened.close(),
      } satisfies Engine;
    };
    const cluster = { url: url ?? engine.url, keyPrefix: fleet, leaseTime };
    const secret = key === undefined ? encryptionKey : key;
    const document = {
      SystemSettings: {
        defaultHostname: "localhost",
        cluster: secret === null ? cluster : { ...cluster, encryptionKey: { "@type": "Text" as const, secret } },
      },
      Certificate: { main: { "@type": "Acme" as const, directory: acme.directory, domains: [domain], challenge } },
      NetworkListener: [
        { name: "smtps", protocol: "smtp" as const, bind: ["127.0.0.1:0"], tlsImplicit: true },
        { name: "web", protocol: "http" as const, bind: ["127.0.0.1:0"], useTls: false },
      ],
    };
    const options: Partial<GatehouseOptions> = {
      node: name,
      backend: {},
      pressure: false,
      openEngine,
      dataDirectory: data,
    };
    const running = await runGatehouse(document, options);
    return {
      ...running,
      ...{ name, data },
      die: () => {
        isDead = true;
      },
    };
  }

  /** The authority's requests come to a node that has not ordered. */
  function leadElsewhere(acme: AcmeServer, nodes: () => readonly Node[], challenge: string): void {
    acme.ports[challenge === "http-01" ? "http" : "tls"] = 1;
    acme.beforeLook = async () => {
      const others = nodes().filter(({ events }) => !events.some(({ type }) => type === "certificate.ordered"));
      const [other] = others;
      if (!other) throw new Error("Every node has ordered.");
      if (challenge === "http-01") acme.ports.http = other.port("web");
      else acme.ports.tls = other.port("smtps");
    };
  }

  function served(of: RunningGatehouse): Promise<string> {
    return new Promise((resolve, reject) => {
      const to = { port: of.port("smtps"), host: "127.0.0.1", servername: domain, rejectUnauthorized: false };
      const socket = connect(to, () => {
        resolve(socket.getPeerX509Certificate()?.serialNumber ?? "");
        socket.destroy();
      });
      socket.on("error", reject);
    });
  }

  const inForce = (of: Node) =>
    Promise.race([of.event("certificate.issued"), of.event("certificate.received")]).then(() => served(of));

  it.each(["tls-alpn-01", "http-01"] as const)(
    "are ordered once, by %s that any node answers, and a node that comes later has them at once",
    async (challenge) => {
      const acme = await AcmeServer.start();
      const fleet = `once-${challenge}`;
      await engine.settled(fleet);
      const wanted = { fleet, acme, challenge };
      let nodes: Node[] = [];
      leadElsewhere(acme, () => nodes, challenge);
      const { promise: ready, resolve: begin } = Promise.withResolvers<void>();
      acme.beforeAnswer = () => ready;
      nodes = await Promise.all(["a", "b", "c"].map((name) => node(name, wanted)));
      begin();
      const serials = await Promise.all(nodes.map(inForce));
      const late = await node("d", wanted);
      const { notValidAfter } = await late.event("certificate.received");
      expect(new Set([...serials, await served(late)]).size).toBe(1);
      expect(notValidAfter.getTime()).toBeGreaterThan(Date.now());
      expect([acme.orders.size, acme.accounts.size]).toEqual([1, 1]);
      const issued = [...nodes, late].flatMap(({ events }) =>
        events.filter(({ type }) => type === "certificate.issued"),
      );
      expect(issued).toHaveLength(1);
      const kept = JSON.stringify(await engine.ask("HGETALL", `{${fleet}}:shared`));
      expect(kept).toContain("certificate/");
      expect(kept).not.toMatch(/PRIVATE KEY|BEGIN|example/);
      for (const { data } of [...nodes, late])
        expect(readFileSync(join(data, "acme/main.pem"), "utf8")).toContain("PRIVATE KEY");
    },
  );

  it.each([
    ["newOrder", "before its order is placed"],
    ["challenge", "before the domain is proved"],
    ["finalize", "before the certificate is issued"],
    ["certificate", "before it has the certificate"],
  ] satisfies [Resource, string][])(
    "are got by another node when the one that orders dies (%s: %s)",
    async (resource, _) => {
      const acme = await AcmeServer.start();
      const fleet = `dies-${resource}`;
      await engine.settled(fleet);
      let nodes: Node[] = [];
      acme.ports.tls = 1;
      acme.beforeLook = async () => {
        const alive = nodes.at(-1);
        acme.ports.tls = alive?.port("smtps") ?? 1;
      };
      acme.fail(resource, "hang");
      const reached = Promise.withResolvers<void>();
      acme.beforeAnswer = async (asked) => {
        if (asked === resource) reached.resolve();
      };
      const first = await node("a", { fleet, acme });
      nodes = [first];
      await reached.promise;
      first.die();
      nodes = [first, ...(await Promise.all(["b", "c"].map((name) => node(name, { fleet, acme }))))];
      const serials = await Promise.all(nodes.slice(1).map(inForce));
      expect(new Set(serials).size).toBe(1);
      expect([acme.orders.size, acme.accounts.size]).toEqual([1, 1]);
    },
  );

  it("wait after a failure on all nodes, and nobody tries before it is time", async () => {
    const acme = await AcmeServer.start();
    const fleet = "fails";
    await engine.settled(fleet);
    acme.ports.tls = 1;
    acme.fail("newOrder", { status: 429, type: "rateLimited", retryAfter: "600" });
    const nodes = await Promise.all(["a", "b", "c"].map((name) => node(name, { fleet, acme })));
    const states = () => nodes.map(({ gatehouse }) => gatehouse.certificates()[0]?.acme?.state);
    await expect.poll(states, { timeout: 5_000 }).toEqual(["failing", "failing", "failing"]);
    expect(acme.faults.get("newOrder")).toEqual([]);
    expect(acme.orders.size).toBe(0);
    const late = await node("d", { fleet, acme });
    await expect.poll(() => late.gatehouse.certificates()[0]?.acme?.state).toBe("failing");
    expect(acme.orders.size).toBe(0);
    const failures = [...nodes, late].flatMap(({ events }) =>
      events.filter(({ type }) => type === "certificate.orderFailed"),
    );
    expect(failures).toHaveLength(1);
  });

  it("are not ordered while the fleet cannot be asked, which is said, and as soon as it can", async () => {
    const acme = await AcmeServer.start();
    const fleet = "away";
    await engine.settled(fleet);
    const way = await EngineWay.open(engine.port);
    onTestFinished(() => way.close());
    way.cut();
    const alone = await node("a", { fleet, acme, url: way.url });
    acme.ports.tls = alone.port("smtps");
    const { error } = await alone.event("certificate.postponed");
    expect(error).toMatchObject({ code: "engine-lost" });
    expect(alone.gatehouse.certificates()[0]?.acme?.state).toBe("cutOff");
    expect(acme.orders.size).toBe(0);
    way.mend();
    await alone.event("certificate.issued");
    expect(acme.orders.size).toBe(1);
  });

  it("are ordered by each node without a key that seals them, which is said", async () => {
    const acme = await AcmeServer.start();
    const fleet = "keyless";
    await engine.settled(fleet);
    const one = await node("a", { fleet, acme, key: null });
    acme.ports.tls = one.port("smtps");
    const { text } = await one.event("server.warning", ({ code }) => code === "fleet-certificates");
    expect(text).toContain("SystemSettings.cluster.encryptionKey");
    await one.event("certificate.issued");
    expect(JSON.stringify(await engine.ask("HGETALL", `{${fleet}}:shared`))).not.toContain("certificate/");
  });

  it("stay what they are for a node that has another key, which says so", async () => {
    const acme = await AcmeServer.start();
    const fleet = "keys";
    await engine.settled(fleet);
    const one = await node("a", { fleet, acme });
    acme.ports.tls = one.port("smtps");
    await one.event("certificate.issued");
    const stranger = await node("b", { fleet, acme, key: `another ${encryptionKey}` });
    const { error } = await stranger.event("certificate.orderFailed");
    expect(error).toMatchObject({ code: "fleet-key" });
    expect(acme.orders.size).toBe(1);
  });
});
