/** What is explained is what happens: each client is asked about first, and then comes. */
import { X509Certificate } from "node:crypto";
import { connect as tlsConnect } from "node:tls";
import { describe, expect, test } from "vitest";
import type { AdmissionRule } from "../../../src/index.ts";
import { runGatehouse } from "../../running-gatehouse.ts";
import { gone, rawClient } from "../raw-client.ts";
import { issue } from "../tls/certificate-fixtures.ts";

const here = { address: "127.0.0.1", listener: "smtp" };

function smtpListener(fields: object = {}, others: object = {}) {
  return {
    SystemSettings: { defaultHostname: "localhost" },
    NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"], useTls: false, ...fields }],
    ...others,
  };
}

async function explained(document: object, options: { admission?: AdmissionRule[]; inside?: number } = {}) {
  const { inside = 0, ...others } = options;
  const house = await runGatehouse(document, { backend: {}, ...others });
  for (let count = 0; count < inside; count++) await (await rawClient(house.port("smtp"))).until("220 ");
  const explanation = await house.gatehouse.explain(here);
  return { house, explanation };
}

const statesOf = ({ steps }: { readonly steps: readonly { chart: string; state: string }[] }) =>
  steps.map(({ chart, state }) => `${chart} ${state}`);

describe("a client is explained as it then fares:", () => {
  test("let in, with what is left of every limit", async () => {
    const { house, explanation } = await explained(
      smtpListener({ maxConnections: 7, maxConnectionsPerAddress: 5, connectionRate: { count: 4, interval: "1h" } }),
      { inside: 2 },
    );
    expect(explanation).toMatchObject({ ...here, outcome: "served", serverName: null, proxied: false, tls: null });
    expect(statesOf(explanation)).toEqual([
      "listener listening",
      "admission admitted",
      "connection accepted",
      "connection active",
    ]);
    const measured = Object.fromEntries(explanation.rules.map(({ rule, limit, current }) => [rule, [current, limit]]));
    expect(measured).toEqual({
      draining: [null, null],
      blocked: [null, null],
      "server-cap": [2, 8192],
      "listener-cap": [2, 7],
      "address-cap": [2, 5],
      "address-rate": [2, 4],
      pressure: [null, null],
      embedder: [null, null],
      fleet: [null, null],
    });
    await (await rawClient(house.port("smtp"))).until("220 ");
  });

  test.each<[string, object, { admission?: AdmissionRule[]; inside?: number }]>([
    ["listener-cap", smtpListener({ maxConnections: 1 }), { inside: 1 }],
    [
      "server-cap",
      { ...smtpListener(), SystemSettings: { defaultHostname: "localhost", maxConnections: 1 } },
      { inside: 1 },
    ],
    ["address-cap", smtpListener({ maxConnectionsPerAddress: 1 }), { inside: 1 }],
    ["address-rate", smtpListener({ connectionRate: { count: 1, interval: "1h" } }), { inside: 1 }],
    ["blocked", smtpListener({}, { BlockedIp: [{ address: "127.0.0.0/8", reason: "test" }] }), {}],
    ["moon", smtpListener(), { admission: [() => ({ rule: "moon", limit: 3, current: 4 })] }],
    [
      "rule-failed",
      smtpListener(),
      {
        admission: [
          () => {
            throw new Error("broken");
          },
        ],
      },
    ],
  ])("refused by the rule %s, and nothing is counted by asking", async (rule, document, options) => {
    const { house, explanation } = await explained(document, options);
    await house.gatehouse.explain(here);
    expect(explanation.outcome).toBe("refused");
    expect(statesOf(explanation)).toEqual(["listener listening", `admission ${rule}`]);
    const deciding = explanation.rules.find(({ refusal }) => refusal !== null)?.refusal;
    await gone(await rawClient(house.port("smtp")));
    const { refusal } = await house.event("connection.refused");
    expect(deciding).toEqual(refusal);
    expect(house.events.filter(({ type }) => type === "connection.refused")).toHaveLength(1);
  });

  test("the entry that blocks it, and the one that exempts it, are named", async () => {
    const lists = {
      BlockedIp: [{ address: "127.0.0.0/8", reason: "noisy" }],
      AllowedIp: [{ address: "127.0.0.1", reason: "monitoring" }],
    };
    const { house, explanation } = await explained(smtpListener({}, lists));
    expect(explanation).toMatchObject({
      outcome: "served",
      blocked: { address: "127.0.0.0/8", reason: "noisy" },
      allowed: { address: "127.0.0.1", reason: "monitoring" },
    });
    const other = await house.gatehouse.explain({ ...here, address: "::ffff:127.0.0.2" });
    expect(other).toMatchObject({ address: "127.0.0.2", outcome: "refused", allowed: null });
    expect(other.steps.at(-1)?.text).toContain("BlockedIp has 127.0.0.0/8 (noisy).");
  });

  test("it waits while the listener is suspended, and no longer", async () => {
    const { house } = await explained(smtpListener());
    await house.gatehouse.suspend("smtp");
    const waiting = await house.gatehouse.explain(here);
    expect(waiting.outcome).toBe("waits");
    expect(waiting.steps[0]).toMatchObject({ chart: "listener", state: "paused" });
    expect(waiting.steps[0]?.text).toContain("suspended");
    await house.gatehouse.resume("smtp");
    expect((await house.gatehouse.explain(here)).outcome).toBe("served");
  });

  test("a trusted proxy owes a header, and its client is judged by its own address", async () => {
    const document = smtpListener(
      { overrideProxyTrustedNetworks: ["127.0.0.1"] },
      { BlockedIp: [{ address: "192.0.2.1" }] },
    );
    const { house, explanation } = await explained(document);
    expect(explanation.outcome).toBe("proxy-header");
    expect(statesOf(explanation).slice(2)).toEqual(["connection accepted", "connection proxyHeader"]);
    const blocked = await house.gatehouse.explain({ address: "192.0.2.1", listener: "smtp", proxied: true });
    expect(blocked.outcome).toBe("refused");
    expect(statesOf(blocked)).toEqual([
      "listener listening",
      "admission blocked",
      "connection accepted",
      "connection proxyHeader",
      "connection closing",
    ]);
    const good = await house.gatehouse.explain({ address: "192.0.2.2", listener: "smtp", proxied: true });
    expect(statesOf(good).slice(-2)).toEqual(["connection proxyHeader", "connection active"]);
  });
});

describe("TLS is explained by a handshake in memory:", () => {
  async function secured(listener: object) {
    const [one, two] = await Promise.all([
      issue({ names: ["one.example"] }),
      issue({ names: ["two.example", "*.two.example"] }),
    ]);
    const house = await runGatehouse(
      {
        SystemSettings: { defaultHostname: "localhost", defaultCertificateId: "one" },
        Certificate: {
          one: {
            certificate: { "@type": "Text", value: one.certificate },
            privateKey: { "@type": "Text", secret: one.privateKey },
          },
          two: {
            certificate: { "@type": "Text", value: two.certificate },
            privateKey: { "@type": "Text", secret: two.privateKey },
          },
        },
        NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"], ...listener }],
      },
      { backend: {} },
    );
    return { house, fingerprints: { one: fingerprint(one.certificate), two: fingerprint(two.certificate) } };
  }
  const fingerprint = (pem: string) => new X509Certificate(pem).fingerprint256;

  test.each([
    [null, "one"],
    ["one.example", "one"],
    ["mx.two.example", "two"],
    ["elsewhere.example", "one"],
  ] as const)("a client that asks for %s is served what is explained", async (serverName, id) => {
    const { house, fingerprints } = await secured({ tlsImplicit: true });
    const { tls, outcome, steps } = await house.gatehouse.explain({ ...here, serverName });
    expect({ outcome, states: statesOf({ steps }).slice(-2) }).toEqual({
      outcome: "served",
      states: ["connection handshaking", "connection active"],
    });
    const client = tlsConnect({
      port: house.port("smtp"),
      host: "127.0.0.1",
      rejectUnauthorized: false,
      ...(serverName === null ? {} : { servername: serverName }),
    });
    await new Promise((resolve, reject) => client.once("secureConnect", resolve).once("error", reject));
    expect(tls).toMatchObject({
      begins: "implicit",
      certificate: id,
      version: client.getProtocol(),
      cipherSuite: client.getCipher().standardName,
      error: null,
    });
    expect(client.getPeerX509Certificate()?.fingerprint256).toBe(fingerprints[id]);
    client.destroy();
  });

  test("under STARTTLS too, by the versions and suites that the listener leaves", async () => {
    const { house } = await secured({ tlsDisableProtocols: ["tls13"] });
    const { tls, outcome } = await house.gatehouse.explain({ ...here, serverName: "two.example" });
    expect(outcome).toBe("served");
    expect(tls).toMatchObject({ begins: "starttls", versions: ["TLSv1.2"], version: "TLSv1.2", certificate: "two" });
  });
});

test("who asks for what is not there is told so", async () => {
  const { house } = await explained(smtpListener());
  await expect(house.gatehouse.explain({ ...here, listener: "none" })).rejects.toMatchObject({
    code: "unknown-listener",
  });
  await expect(house.gatehouse.explain({ ...here, address: "nowhere" })).rejects.toMatchObject({
    code: "invalid-client",
  });
  expect(await house.gatehouse.explain({ ...here, address: "unix:" })).toMatchObject({
    ...{ outcome: "unreachable", steps: [{ text: '"smtp" has no Unix socket.' }] },
  });
  await house.gatehouse.stop();
  await expect(house.gatehouse.explain(here)).rejects.toMatchObject({ code: "not-running" });
});
