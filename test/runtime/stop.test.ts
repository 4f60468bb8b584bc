/** The end of a server: sessions under way, clients that wait, starts that fail. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { setImmediate as immediate } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { SimulatedClock } from "xstate";
import { type Backend, BindError, createGatehouse, http, StartError } from "../../src/index.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside, openSockets } from "./ends.ts";
import { gone, type RawClient, rawClient, tlsClient, watch } from "./raw-client.ts";

const drainTimeout = 30_000;
const closeTimeout = 5_000;
const document = {
  SystemSettings: { defaultHostname: "localhost", drainTimeout },
  NetworkListener: [
    { name: "smtp", bind: ["127.0.0.1:0"] },
    { name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true },
    { name: "http", protocol: "http", bind: ["127.0.0.1:0"] },
  ],
};

const kept: string[] = [];
const backend: Backend = {
  recipient: async () => undefined,
  message: async ({ body, envelope }) => {
    await finished(body.resume());
    kept.push(envelope.sender);
    return undefined;
  },
};

interface Timed extends RunningGatehouse {
  readonly clock: SimulatedClock;
}

async function timedHouse(): Promise<Timed> {
  const clock = new SimulatedClock();
  return { ...(await runGatehouse(document, { backend, clock })), clock };
}

async function inData(house: RunningGatehouse): Promise<RawClient> {
  const client = await rawClient(house.port("smtp"));
  client.socket.write("EHLO client\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
  await client.until("354 ");
  return client;
}

describe("a stop while sessions are under way", () => {
  test("ends an idle session at once, and one in DATA when its message has been answered", async () => {
    const house = await timedHouse();
    const idle = await rawClient(house.port("smtp"));
    await idle.until("220 ");
    const busy = await inData(house);

    const stopped = house.gatehouse.stop();
    await idle.until("421 4.3.2 ");
    idle.socket.end();
    house.clock.increment(drainTimeout - 1);
    busy.socket.write("Subject: last\r\n\r\nlast\r\n.\r\nMAIL FROM:<c@example.com>\r\n");
    const said = await busy.until("421 4.3.2 ");
    expect(said.indexOf("250 2.0.0 Ok: queued")).toBeLessThan(said.indexOf("421 4.3.2 "));
    busy.socket.end();
    await stopped;
    expect(causes(house.events)).toEqual(["drained", "drained"]);
    expect(house.gatehouse.state).toBe("stopped");
    await expectNobodyInside(house);
  });

  test("closes what is left when drainTimeout has passed, to the millisecond", async () => {
    const house = await timedHouse();
    const busy = await inData(house);
    const stopped = house.gatehouse.stop();
    await house.event("connection.draining");
    house.clock.increment(drainTimeout - 1);
    expect(house.events.some(({ type }) => type === "connection.closing")).toBe(false);
    house.clock.increment(1);
    await house.event("connection.closing");
    expect(await busy.end).toBe("fin");
    house.clock.increment(closeTimeout);
    await stopped;
    expect(causes(house.events)).toEqual(["drain-timeout"]);
  });

  test("waits for a handshake no longer than drainTimeout either", async () => {
    const house = await timedHouse();
    const client = await rawClient(house.port("submissions"));
    await house.event("connection.handshaking");
    const stopped = house.gatehouse.stop();
    await house.event("listener.draining", ({ listener }) => listener === "submissions");
    house.clock.increment(drainTimeout - 1);
    expect(causes(house.events)).toEqual([]);
    house.clock.increment(1);
    expect(causes(house.events)).toEqual(["drain-timeout"]);
    await stopped;
    await client.end;
  });

  test("a client in mid-handshake gets its 421 under TLS", async () => {
    const house = await timedHouse();
    const clear = await rawClient(house.port("smtp"));
    clear.socket.write("EHLO client\r\nSTARTTLS\r\n");
    await clear.until("220 2.0.0 ");
    await house.event("connection.upgrading");
    const stopped = house.gatehouse.stop();
    clear.socket.removeAllListeners("data");
    const client = await tlsClient({ socket: clear.socket });
    await client.until("421 4.3.2 ");
    client.socket.end();
    await stopped;
    expect(causes(house.events)).toEqual(["drained"]);
  });

  test("a second stop skips the wait", async () => {
    const house = await timedHouse();
    const busy = await inData(house);
    const first = house.gatehouse.stop();
    await house.event("connection.draining");
    const second = house.gatehouse.stop({ wait: false });
    await busy.end;
    busy.socket.end();
    await Promise.all([first, second]);
    expect(causes(house.events)).toEqual(["stopped"]);
    expect(kept).not.toContain("never@example.com");
  });

  test("without waiting, a handshake under way is cut", async () => {
    const house = await timedHouse();
    const client = await rawClient(house.port("submissions"));
    await house.event("connection.handshaking");
    await house.gatehouse.stop({ wait: false });
    expect(causes(house.events)).toEqual(["stopped"]);
    await client.end;
  });

  test("asked for by an observer in the middle of a session's turn comes after that turn", async () => {
    const house = await runGatehouse(document, { backend: { ...backend, authenticate: async () => null } });
    house.gatehouse.lifecycle$.subscribe(({ type }) => {
      if (type === "session.earlyTalker") void house.gatehouse.stop();
    });
    const client = await rawClient(house.port("smtp"));
    client.socket.write("EHLO client\r\nNOOP\r\n");
    expect(await client.until("421 4.3.2 ")).toContain("250 ");
    client.socket.end();
    await house.gatehouse.stop();
    expect(causes(house.events)).toEqual(["drained"]);
  });

  test("is safe to call any number of times, before and after", async () => {
    const house = await runGatehouse(document, { backend });
    await Promise.all([house.gatehouse.stop(), house.gatehouse.stop(), house.gatehouse.stop({ wait: false })]);
    await house.gatehouse.stop();
    expect(house.events.filter(({ type }) => type === "server.stopped")).toHaveLength(1);
    expect(house.gatehouse.state).toBe("stopped");
    await expect(house.gatehouse.start()).rejects.toBeInstanceOf(StartError);
  });
});

describe("clients that the kernel has queued", () => {
  test("are refused in the protocol's words when the listener ends, not reset", async () => {
    const house = await runGatehouse(document, { backend });
    const port = house.port("smtp");
    const sockets = Array.from({ length: 50 }, () => connect({ port, host: "127.0.0.1", allowHalfOpen: true }));
    const clients = sockets.map(watch);
    // Node has called connect(2) by then, and accepts in the next turn of the event loop at the earliest.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const stopped = house.gatehouse.stop();
    const ends = await Promise.all(
      clients.map(async (client) => {
        const end = await client.end;
        client.socket.end();
        return { end, said: client.received() };
      }),
    );
    await stopped;
    for (const { end, said } of ends) {
      expect(end).toBe("fin");
      expect(said).toMatch(/^421 4\.3\.2 [^\r]+\r\n$/);
    }
    const refusals = house.events.flatMap((event) => (event.type === "connection.refused" ? [event.refusal.rule] : []));
    expect(refusals).toEqual(clients.map(() => "draining"));
    await expectNobodyInside(house);
  });
});

describe("HTTP when the server stops", () => {
  async function slowHttp() {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<string>();
    const house = await runGatehouse(document, {
      backend,
      protocols: [
        http({
          onRequest: async (request, response) => {
            if (request.url === "/slow") {
              asked.resolve();
              response.end(await answer.promise);
            } else response.end("quick");
          },
        }),
      ],
    });
    return { house, asked: asked.promise, answer };
  }

  test("a response under way is sent with Connection: close, then the connection ends", async () => {
    const { house, asked, answer } = await slowHttp();
    const client = await rawClient(house.port("http"));
    client.socket.write("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await asked;
    const stopped = house.gatehouse.stop();
    await house.event("connection.draining");
    answer.resolve("done");
    const said = await client.until("done");
    expect(said.toLowerCase()).toContain("connection: close");
    expect(await client.end).toBe("fin");
    client.socket.end();
    await stopped;
    expect(causes(house.events)).toEqual(["drained"]);
  });
});

describe("a start", () => {
  async function takenPort(): Promise<number> {
    const taken = createServer().listen({ port: 0, host: "127.0.0.1", exclusive: true });
    await once(taken, "listening");
    onTestFinished(async () => {
      taken.close();
    });
    return (taken.address() as AddressInfo).port;
  }

  test("that fails tells every error at once and leaves nothing open", async () => {
    const ports = [await takenPort(), await takenPort()];
    const socketsBefore = openSockets();
    const exclusive = { useTls: false, socketReusePort: false };
    const gatehouse = createGatehouse({
      backend,
      config: {
        NetworkListener: [
          { name: "free", bind: ["127.0.0.1:0"], ...exclusive },
          { name: "first", bind: [`127.0.0.1:${ports[0]}`, "127.0.0.1:0"], ...exclusive },
          { name: "second", bind: [`127.0.0.1:${ports[1]}`, "192.0.2.1:0"], ...exclusive },
        ],
      },
    });
    const error: unknown = await gatehouse.start().catch((reason: unknown) => reason);
    if (!(error instanceof StartError)) throw error;
    for (const wanted of ["first", "second", `${ports[0]}`, `${ports[1]}`, "EADDRINUSE", "192.0.2.1", "EADDRNOTAVAIL"])
      expect(error.message).toContain(wanted);
    const reasons = error.errors.flatMap((each: unknown) => (each instanceof AggregateError ? each.errors : [each]));
    expect(reasons).toHaveLength(3);
    for (const reason of reasons) expect(reason).toBeInstanceOf(BindError);
    expect(gatehouse.state).toBe("failed");
    expect(openSockets()).toBe(socketsBefore);
    await gatehouse.stop();
  });

  test("that is stopped under way ends with an error that says so, and leaves nothing open", async () => {
    const socketsBefore = openSockets();
    const data = await mkdtemp(join(tmpdir(), "gatehouse-test-"));
    onTestFinished(() => rm(data, { recursive: true, force: true }));
    for (const wait of [true, false]) {
      const gatehouse = createGatehouse({ config: document, backend, dataDirectory: data });
      const started = gatehouse.start().catch((error: unknown) => error);
      await gatehouse.stop({ wait });
      expect(await started).toMatchObject({ errors: [{ code: "stopped-while-starting" }] });
      expect(gatehouse.state).toBe("stopped");
      expect(openSockets()).toBe(socketsBefore);
    }
  });

  test("of hundreds of listeners hears a stop in the middle, and makes no more of them", async () => {
    const socketsBefore = openSockets();
    const count = 300;
    const listeners = Array.from({ length: count }, (_, index) => ({ name: `l${index}`, bind: ["127.0.0.1:0"] }));
    for (const wait of [true, false]) {
      const gatehouse = createGatehouse({ config: listeners.map((one) => ({ ...one, useTls: false })), backend });
      const made = Promise.withResolvers<void>();
      let binding = 0;
      gatehouse.lifecycle$.subscribe(({ type }) => {
        if (type !== "listener.binding") return;
        binding += 1;
        made.resolve();
      });
      const started = gatehouse.start().catch((error: unknown) => error);
      await made.promise;
      // As a signal does, in a turn of its own.
      await immediate();
      await gatehouse.stop({ wait });
      expect(await started).toMatchObject({ errors: [{ code: "stopped-while-starting" }] });
      expect(binding).toBeLessThan(count);
      expect(openSockets()).toBe(socketsBefore);
    }
  });

  test("that is stopped while some of its addresses cannot be bound leaves nothing open", async () => {
    const port = await takenPort();
    const socketsBefore = openSockets();
    const gatehouse = createGatehouse({
      backend,
      config: [{ name: "smtp", bind: ["127.0.0.1:0", `127.0.0.1:${port}`], useTls: false, socketReusePort: false }],
    });
    const started = gatehouse.start().catch((error: unknown) => error);
    await gatehouse.stop({ wait: false });
    expect(await started).toBeInstanceOf(StartError);
    expect(openSockets()).toBe(socketsBefore);
  });
});

test("two servers live in one process, and the end of one is not noticed by the other", async () => {
  const [one, other] = [await runGatehouse(document, { backend }), await runGatehouse(document, { backend })];
  const clients = [await rawClient(one.port("smtp")), await rawClient(other.port("smtp"))] as const;
  for (const client of clients) await client.until("220 ");
  const stopped = one.gatehouse.stop();
  await clients[0].until("421 ");
  await gone(clients[0]);
  await stopped;
  clients[1].socket.write("EHLO client\r\nQUIT\r\n");
  await clients[1].until("221 ");
  clients[1].socket.end();
  await other.event("connection.closed");
  expect(causes(one.events)).toEqual(["drained"]);
  expect(causes(other.events)).toEqual(["quit"]);
});

test("a stop before the start, as by an early signal, is not lost: the start is refused and nothing is bound", async () => {
  const gatehouse = createGatehouse({ config: document, backend });
  await gatehouse.stop();
  expect(gatehouse.state).toBe("stopped");
  await expect(gatehouse.start()).rejects.toMatchObject({
    name: "StartError",
    errors: [{ code: "stopped-while-starting" }],
  });
  expect(gatehouse.listeners().flatMap(({ addresses }) => addresses)).toEqual([]);
});
