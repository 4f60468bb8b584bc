/** The rules that look at a client's address, on a running server. */
import { describe, expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import type { AdmissionRequest } from "../../src/index.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside, slotsTaken } from "./ends.ts";
import { gone, type RawClient, rawClient, tlsClient } from "./raw-client.ts";

const proxies = ["127.0.0.1"];

function smtp(fields: object, system: object = {}) {
  return {
    SystemSettings: { defaultHostname: "localhost", ...system },
    NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"], useTls: false, ...fields }],
  };
}

/** A client behind the proxy that this process is. */
async function behindProxy(port: number, address: string): Promise<RawClient> {
  const proxy = await rawClient(port);
  const family = address.includes(":") ? "TCP6" : "TCP4";
  proxy.socket.write(`PROXY ${family} ${address} ${address} 40000 25\r\n`);
  return proxy;
}

describe("maxConnectionsPerAddress", () => {
  test("refuses the one too many of an address, lets another in, and the next when one has gone", async () => {
    const house = await runGatehouse(smtp({ maxConnectionsPerAddress: 1 }), { backend: {} });
    const first = await rawClient(house.port("smtp"));
    await first.until("220 ");
    const second = await rawClient(house.port("smtp"));
    await second.until("421 4.3.2 ");
    const { refusal } = await house.event("connection.refused");
    expect(refusal).toEqual({ rule: "address-cap", limit: 1, current: 1 });
    await gone(first);
    await house.event("connection.closed");
    const third = await rawClient(house.port("smtp"));
    await third.until("220 ");
  });

  test("counts the clients behind a proxy, IPv6 by /64, and gives every slot back", async () => {
    const house = await runGatehouse(smtp({ maxConnectionsPerAddress: 1 }, { proxyTrustedNetworks: proxies }), {
      backend: {},
    });
    const port = house.port("smtp");
    const first = await behindProxy(port, "2001:db8::1");
    await first.until("220 ");
    const neighbour = await behindProxy(port, "2001:db8::2");
    await neighbour.until("421 4.3.2 ");
    const stranger = await behindProxy(port, "2001:db8:0:1::1");
    await stranger.until("220 ");
    const refused = await house.event("connection.refused");
    expect(refused.peer.address).toBe("2001:db8::2");
    expect(refused.refusal).toEqual({ rule: "address-cap", limit: 1, current: 1 });
    neighbour.socket.end();
    expect((await house.event("connection.closed")).cause).toBe("over-cap");
    expect(await slotsTaken(house.gatehouse)).toEqual({ "": 2, smtp: 2 });
    await gone(first);
    await gone(stranger);
    while (causes(house.events).length < 3) await new Promise((resolve) => setImmediate(resolve));
    await expectNobodyInside(house);
    const again = await behindProxy(port, "2001:db8::2");
    await again.until("220 ");
  });
});

describe("maxConnectionsPerAddress that a reload introduces", () => {
  test("counts those who are inside already, and forgets each as it goes", async () => {
    const house = await runGatehouse(smtp({}), { backend: {} });
    const port = house.port("smtp");
    const inside = [await rawClient(port), await rawClient(port)];
    for (const client of inside) await client.until("220 ");
    await house.gatehouse.reload(smtp({ maxConnectionsPerAddress: 2 }));
    const refused = await rawClient(port);
    await refused.until("421 4.3.2 ");
    const { refusal } = await house.event("connection.refused");
    expect(refusal).toEqual({ rule: "address-cap", limit: 2, current: 2 });
    if (inside[0]) await gone(inside[0]);
    await house.event("connection.closed");
    const next = await rawClient(port);
    await next.until("220 ");
    const again = await rawClient(port);
    await again.until("421 4.3.2 ");
  });

  test("counts the clients of proxies, once each: not the proxy that has not told its client, nor whom it refused late", async () => {
    const proxied = { proxyTrustedNetworks: proxies };
    const house = await runGatehouse(smtp({}, proxied), { backend: {} });
    const port = house.port("smtp");
    house.gatehouse.block({ address: "192.0.2.3" });
    const inside = await behindProxy(port, "192.0.2.1");
    await inside.until("220 ");
    const blocked = await behindProxy(port, "192.0.2.3");
    await blocked.until("421 4.7.0 ");
    const untold = await rawClient(port);
    await house.event("connection.proxyHeader", ({ connection }) => connection.peer.port === untold.socket.localPort);
    await house.gatehouse.reload(smtp({ maxConnectionsPerAddress: 1 }, proxied));
    house.gatehouse.unblock("192.0.2.3");
    untold.socket.write("PROXY TCP4 192.0.2.2 192.0.2.2 40000 25\r\n");
    await untold.until("220 ");
    for (const address of ["192.0.2.1", "192.0.2.2"]) await (await behindProxy(port, address)).until("421 4.3.2 ");
    await (await behindProxy(port, "192.0.2.3")).until("220 ");
    const refusals = house.events.flatMap((event) => (event.type === "connection.refused" ? [event.refusal] : []));
    expect(refusals.slice(1)).toEqual([
      { rule: "address-cap", limit: 1, current: 1 },
      { rule: "address-cap", limit: 1, current: 1 },
    ]);
  });
});

describe("connectionRate", () => {
  test("is exact: as many as it says in an interval, and again when the interval has passed", async () => {
    const clock = new SimulatedClock();
    const house = await runGatehouse(smtp({ connectionRate: { count: 3, interval: "1m" } }), { backend: {}, clock });
    const connect = async (): Promise<string> => {
      const client = await rawClient(house.port("smtp"));
      const text = await Promise.race([client.until("220 "), client.until("421 ")]);
      await gone(client);
      return text.slice(0, 3);
    };
    const answers = [];
    for (let client = 0; client < 5; client++) answers.push(await connect());
    expect(answers).toEqual(["220", "220", "220", "421", "421"]);
    const { refusal } = await house.event("connection.refused");
    expect(refusal).toEqual({ rule: "address-rate", limit: 3, current: 3 });
    clock.increment(59_999);
    expect(await connect()).toBe("421");
    clock.increment(1);
    expect(await connect()).toBe("220");
  });

  test("goes by the client's address behind a proxy", async () => {
    const rate = { connectionRate: { count: 1, interval: "1h" } };
    const house = await runGatehouse(smtp(rate, { proxyTrustedNetworks: proxies }), { backend: {} });
    for (const [address, words] of [
      ["192.0.2.1", "220 "],
      ["192.0.2.2", "220 "],
      ["192.0.2.1", "421 "],
    ] as const)
      await (await behindProxy(house.port("smtp"), address)).until(words);
    expect((await house.event("connection.refused")).refusal.rule).toBe("address-rate");
  });
});

describe("the block list", () => {
  test("turns an address away at once, until it is unblocked; who is inside stays", async () => {
    const house = await runGatehouse(smtp({}), { backend: {} });
    const { gatehouse } = house;
    const inside = await rawClient(house.port("smtp"));
    await inside.until("220 ");
    gatehouse.block({ address: "127.0.0.0/8", reason: "a test" });
    expect(gatehouse.blocked()).toEqual([{ address: "127.0.0.0/8", expiresAt: null, reason: "a test" }]);
    const refused = await rawClient(house.port("smtp"));
    await refused.until("421 4.7.0 ");
    expect((await house.event("connection.refused")).refusal.rule).toBe("blocked");
    inside.socket.write("NOOP\r\n");
    await inside.until("250 ");
    expect(gatehouse.unblock("127.0.0.0/8")).toBe(true);
    await (await rawClient(house.port("smtp"))).until("220 ");
  });

  test("begins with the document's, without what has expired", async () => {
    const house = await runGatehouse(
      {
        BlockedIp: [{ address: "127.0.0.1" }, { address: "192.0.2.1", expiresAt: "2001-01-01T00:00:00Z" }],
        ...smtp({}),
      },
      { backend: {} },
    );
    expect(house.gatehouse.blocked().map(({ address }) => address)).toEqual(["127.0.0.1"]);
    await (await rawClient(house.port("smtp"))).until("421 4.7.0 ");
  });

  test("is asked about the client behind a proxy, not about the proxy; under implicit TLS nothing is said", async () => {
    const fields = { useTls: true, tlsImplicit: true };
    const house = await runGatehouse(smtp(fields, { proxyTrustedNetworks: proxies }), { backend: {} });
    house.gatehouse.block({ address: "192.0.2.1" });
    house.gatehouse.block({ address: "127.0.0.1" });
    const blocked = await behindProxy(house.port("smtp"), "192.0.2.1");
    expect(await blocked.end).toBe("fin");
    expect(blocked.received()).toBe("");
    blocked.socket.end();
    expect(await house.event("connection.refused")).toMatchObject({
      peer: { address: "192.0.2.1" },
      refusal: { rule: "blocked" },
    });
    const other = await behindProxy(house.port("smtp"), "192.0.2.2");
    await house.event("connection.handshaking");
    await gone(other);
  });
});

describe("AllowedIp", () => {
  const AllowedIp = [{ address: "127.0.0.0/8", reason: "monitoring" }];

  test("exempts from the block list and from limits of addresses, until a reload takes it away or it expires", async () => {
    const document = {
      BlockedIp: [{ address: "127.0.0.1" }],
      ...smtp({ maxConnectionsPerAddress: 1, connectionRate: { count: 1, interval: "1h" } }),
    };
    const house = await runGatehouse({ ...document, AllowedIp }, { backend: {} });
    const port = house.port("smtp");
    for (let client = 0; client < 2; client++) await (await rawClient(port)).until("220 ");
    const { plan } = await house.gatehouse.reload(document);
    expect(plan.allowed).toEqual({ added: [], removed: [{ ...AllowedIp[0], expiresAt: null }] });
    await (await rawClient(port)).until("421 4.7.0 ");
    const expired = { address: "127.0.0.1", expiresAt: "2001-01-01T00:00:00Z" };
    await house.gatehouse.reload({ ...document, AllowedIp: [expired] });
    await (await rawClient(port)).until("421 4.7.0 ");
    await house.gatehouse.reload({ ...document, AllowedIp });
    await (await rawClient(port)).until("220 ");
  });

  test("does not exempt from the caps of the listener and of the server", async () => {
    const house = await runGatehouse({ AllowedIp, ...smtp({ maxConnections: 1 }) }, { backend: {} });
    await (await rawClient(house.port("smtp"))).until("220 ");
    await (await rawClient(house.port("smtp"))).until("421 4.3.2 ");
    expect((await house.event("connection.refused")).refusal.rule).toBe("listener-cap");
  });

  test("is asked about the client behind a proxy, not about the proxy", async () => {
    const house = await runGatehouse(
      { AllowedIp, BlockedIp: [{ address: "192.0.2.1" }], ...smtp({}, { proxyTrustedNetworks: proxies }) },
      { backend: {} },
    );
    await (await behindProxy(house.port("smtp"), "192.0.2.1")).until("421 4.7.0 ");
  });

  test("exempts from the delays after failed log-ins", async () => {
    // Time stands still: what is delayed never comes.
    const house = await runGatehouse(
      { AllowedIp, ...smtp({ useTls: true, tlsImplicit: true }) },
      { backend: { authenticate: () => null }, clock: new SimulatedClock() },
    );
    const client = await tlsClient({ port: house.port("smtp") });
    await client.until("220 ");
    client.socket.write("EHLO x\r\n");
    await client.until("250 ");
    for (const wrong of ["one", "two"]) {
      client.socket.write(`AUTH PLAIN ${Buffer.from(`\0anna\0${wrong}`).toString("base64")}\r\n`);
      await client.until(wrong === "one" ? "535 " : /535 [\s\S]*535 /);
    }
  });
});

test("an embedder's rule decides last, by the client's address and the counts", async () => {
  const asked: AdmissionRequest[] = [];
  const house = await runGatehouse(smtp({}, { proxyTrustedNetworks: proxies }), {
    backend: {},
    admission: [
      (request) => {
        asked.push(request);
        return request.peer.address === "192.0.2.66" ? { rule: "reputation", limit: 0, current: 0 } : null;
      },
    ],
  });
  await (await behindProxy(house.port("smtp"), "192.0.2.1")).until("220 ");
  await (await behindProxy(house.port("smtp"), "192.0.2.66")).until("421 ");
  expect((await house.event("connection.refused")).refusal.rule).toBe("reputation");
  expect(asked[1]).toMatchObject({
    listener: "smtp",
    peer: { address: "192.0.2.66" },
    proxied: true,
    connections: { server: 1, listener: 1, address: 0 },
  });
});

describe("maxHandshakes", () => {
  const fields = { useTls: true, tlsImplicit: true, maxHandshakes: 1, tlsTimeout: 30_000 };

  test("queues a handshake until the one before is over, however it ends", async () => {
    const house = await runGatehouse(smtp(fields), { backend: {} });
    const port = house.port("smtp");
    const silent = await rawClient(port);
    await house.event("connection.handshaking");
    const waiting = tlsClient({ port });
    const gaveUp = await rawClient(port);
    while (house.gatehouse.connections().length < 3) await new Promise((resolve) => setImmediate(resolve));
    await gone(gaveUp);
    await gone(silent);
    const client = await waiting;
    await client.until("220 ");
    const [secured] = house.events.filter(({ type }) => type === "connection.secured");
    expect(secured).toBeDefined();
    await (await tlsClient({ port })).until("220 ");
  });

  test("counts the waiting as part of tlsTimeout", async () => {
    const clock = new SimulatedClock();
    const house = await runGatehouse(smtp(fields), { backend: {}, clock });
    const port = house.port("smtp");
    await rawClient(port);
    await rawClient(port);
    while (house.events.filter(({ type }) => type === "connection.handshaking").length < 2)
      await new Promise((resolve) => setImmediate(resolve));
    clock.increment(29_999);
    expect(causes(house.events)).toEqual([]);
    clock.increment(1);
    expect(causes(house.events)).toEqual(["tls-timeout", "tls-timeout"]);
    await (await tlsClient({ port })).until("220 ");
  });

  test("queues STARTTLS too: the ClientHello that came meanwhile is not lost", async () => {
    const house = await runGatehouse(smtp({ useTls: true, maxHandshakes: 1 }), { backend: {} });
    const port = house.port("smtp");
    const silent = await rawClient(port);
    silent.socket.write("EHLO a\r\nSTARTTLS\r\n");
    await house.event("connection.upgrading");
    const second = await rawClient(port);
    second.socket.write("EHLO b\r\nSTARTTLS\r\n");
    await second.until("220 2.0.0 ");
    second.socket.removeAllListeners("data");
    const secure = tlsClient({ socket: second.socket });
    while ((house.gatehouse.connections()[1]?.bytesRead ?? 0) < 200)
      await new Promise((resolve) => setImmediate(resolve));
    await gone(silent);
    const client = await secure;
    client.socket.write("EHLO b\r\n");
    await client.until("250 ");
  });
});
