import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LastingGatehouse, lastingGatehouse } from "../../running-gatehouse.ts";
import { issue } from "../tls/certificate-fixtures.ts";
import { isMissing, run } from "../tls/programs.ts";
import { hasRedis, RedisServer } from "./redis-server.ts";

const encryptionKey = "bm90IGEga2V5LCBidXQgbG9uZyBlbm91Z2ggZm9yIG9uZQ==";

describe.skipIf(!hasRedis || isMissing("openssl", "version"))("the nodes of a fleet that have a key", async () => {
  const { certificate, privateKey } = await issue({ names: ["localhost"] });
  let engine: RedisServer;
  let folder = "";
  let nodes: LastingGatehouse[] = [];
  const document = (cluster: object = {}) => ({
    Certificate: {
      main: {
        certificate: { "@type": "Text" as const, value: certificate },
        privateKey: { "@type": "Text" as const, secret: privateKey },
      },
    },
    NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"], tlsImplicit: true }],
    SystemSettings: {
      cluster: {
        ...{ url: engine.url, keyPrefix: "tickets", leaseTime: "3s" },
        encryptionKey: { "@type": "Text" as const, secret: encryptionKey },
        ...cluster,
      },
    },
  });
  beforeAll(async () => {
    engine = await RedisServer.start();
    folder = await mkdtemp(join(tmpdir(), "gatehouse-tickets-"));
    await engine.settled("tickets");
    nodes = await Promise.all([
      lastingGatehouse(document(), { node: "a", backend: {} }),
      lastingGatehouse(document(), { node: "b", workers: { count: 2 } }),
    ]);
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.end()));
    await engine.stop();
    await rm(folder, { recursive: true });
  });

  /** What openssl says of its session: `New` or `Reused`. */
  async function session(node: LastingGatehouse | undefined, ...args: string[]): Promise<string | undefined> {
    const to = ["s_client", "-connect", `127.0.0.1:${node?.port("smtp")}`, "-ign_eof"];
    const { output } = await run("openssl", [...to, ...args], "QUIT\r\n");
    return /^(New|Reused), TLSv1/m.exec(output)?.[1];
  }
  interface Kept {
    readonly id: string;
    readonly at: number;
    readonly sealed: string;
  }
  const field = ["{tickets}:shared", "ticketKeys/all"] as const;
  const kept = async (): Promise<Kept | undefined> => {
    const text = await engine.ask("HGET", ...field);
    return text === null ? undefined : (JSON.parse(String(text)) as { value: Kept }).value;
  };
  const untilShared = () =>
    expect
      .poll(
        async () => {
          const file = join(folder, "first.pem");
          await session(nodes[0], "-tls1_2", "-sess_out", file);
          return session(nodes[1], "-tls1_2", "-sess_in", file);
        },
        { timeout: 10_000 },
      )
      .toBe("Reused");

  it.each(["-tls1_2", "-tls1_3"])("resume each other's sessions (%s)", async (version) => {
    await untilShared();
    const [a, b] = nodes;
    for (const [one, other] of [
      [a, b],
      [b, a],
    ]) {
      const file = join(folder, "session.pem");
      expect(await session(one, version, "-sess_out", file)).toBe("New");
      expect(await session(other, version, "-sess_in", file)).toBe("Reused");
    }
  });

  it("replace what tickets are made from when it is old, once for all of them", async () => {
    await expect.poll(kept).toBeDefined();
    const before = (await kept()) as Kept;
    const file = join(folder, "before.pem");
    await untilShared();
    await session(nodes[0], "-tls1_3", "-sess_out", file);
    const old = { ...before, at: 0 };
    await engine.ask("HSET", ...field, JSON.stringify({ kind: "ticketKeys", name: "all", value: old }));
    const version = Number(await engine.ask("HINCRBY", field[0], "#version", "1"));
    await expect.poll(async () => (await kept())?.id, { timeout: 10_000 }).not.toBe(before.id);
    expect(Number(await engine.ask("HGET", field[0], "#version"))).toBe(version + 1);
    await untilShared();
    expect(await session(nodes[0], "-tls1_3", "-sess_in", file)).toBe("New");
    expect(await session(nodes[1], "-tls1_3", "-sess_in", file)).toBe("New");
  });

  it("resume them after a reload, and after the engine has forgotten everything", async () => {
    await nodes[1]?.gatehouse.reload({
      ...document(),
      NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"], tlsImplicit: true, tlsTimeout: "20s" }],
    });
    await untilShared();
    const before = await kept();
    await engine.restart();
    await expect.poll(() => kept().catch(() => undefined), { timeout: 10_000 }).toEqual(before);
  });

  it("say so when another has another key, and let that one make its own tickets", async () => {
    await untilShared();
    const other = { encryptionKey: { "@type": "Text" as const, secret: `another ${encryptionKey}` } };
    const stranger = await lastingGatehouse(document(other), { node: "c", backend: {} });
    const { text } = await stranger.event("server.warning", ({ code }) => code === "fleet-key");
    expect(text).toContain("SystemSettings.cluster.encryptionKey is another one");
    const file = join(folder, "c.pem");
    await session(stranger, "-tls1_3", "-sess_out", file);
    expect(await session(stranger, "-tls1_3", "-sess_in", file)).toBe("Reused");
    expect(await session(nodes[0], "-tls1_3", "-sess_in", file)).toBe("New");
    await stranger.end();
    await untilShared();
  });

  it("do not start with a key that can be guessed", async () => {
    const short = { encryptionKey: { "@type": "Text" as const, secret: "short" } };
    await expect(lastingGatehouse(document(short), { node: "d", backend: {} })).rejects.toThrow(
      /fewer than 32 characters\. Make one with "openssl rand -base64 32"/,
    );
    expect(await engine.ask("HGETALL", "{tickets}:shared")).not.toContain(encryptionKey);
  });
});
