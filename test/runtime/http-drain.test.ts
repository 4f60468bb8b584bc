/** HTTP connections that are kept alive, when their listener or the server ends: no request is lost. */
import { once } from "node:events";
import { Agent, get } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { http } from "../../src/index.ts";
import { installed, run } from "../real/programs.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside } from "./ends.ts";
import { type RawClient, rawClient } from "./raw-client.ts";

const long = 60_000;

function webServer(drainIdleTimeout: number, answered: (url: string) => void = () => {}): Promise<RunningGatehouse> {
  return runGatehouse([{ name: "web", protocol: "http", bind: ["127.0.0.1:0"] }], {
    protocols: [
      http({
        drainIdleTimeout,
        onRequest: (request, response) => {
          response.on("finish", () => answered(request.url ?? ""));
          response.end(`for ${request.url}`);
        },
      }),
    ],
  });
}

async function ask(client: RawClient, path: string): Promise<string> {
  client.socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  return (await client.until(`for ${path}`)).toLowerCase();
}

async function keptAlive(house: RunningGatehouse): Promise<RawClient> {
  const client = await rawClient(house.port("web"));
  expect(await ask(client, "/first")).toContain("connection: keep-alive");
  return client;
}

describe("a kept-alive connection that is drained while it is idle", () => {
  test("has its next request answered with Connection: close", async () => {
    const house = await webServer(long);
    const client = await keptAlive(house);
    const stopped = house.gatehouse.stop();
    await house.event("connection.draining");
    expect(await ask(client, "/second")).toContain("connection: close");
    expect(await client.end).toBe("fin");
    client.socket.end();
    await stopped;
    expect(causes(house.events)).toEqual(["drained"]);
  });

  test("gets FIN when it has sent nothing for drainIdleTimeout", async () => {
    const house = await webServer(50);
    const client = await keptAlive(house);
    const stopped = house.gatehouse.stop();
    expect(await client.end).toBe("fin");
    client.socket.end();
    await stopped;
    expect(causes(house.events)).toEqual(["drained"]);
    await expectNobodyInside(house);
  });

  test("is left to finish a request of which a part has come by then", async () => {
    const house = await webServer(10_000);
    const client = await keptAlive(house);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const stopped = house.gatehouse.stop();
    await house.event("connection.draining");
    const read = () => house.gatehouse.connections()[0]?.bytesRead ?? 0;
    const before = read();
    client.socket.write("GET /slow HTTP/1.1\r\n");
    while (read() === before) await new Promise<void>((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(10_000);
    client.socket.write("Host: localhost\r\n\r\n");
    expect(await client.until("for /slow")).toContain("close");
    expect(await client.end).toBe("fin");
    client.socket.end();
    await stopped;
  });

  test("may have asked nothing yet: its first request is answered", async () => {
    const house = await webServer(long);
    const client = await rawClient(house.port("web"));
    await house.event("connection.active");
    void house.gatehouse.stop();
    await house.event("connection.draining");
    expect(await ask(client, "/only")).toContain("connection: close");
    expect(await client.end).toBe("fin");
  });

  test("is closed by a second stop without a wait", async () => {
    const house = await webServer(long);
    const client = await keptAlive(house);
    const stopped = house.gatehouse.stop();
    await house.event("connection.draining");
    const again = house.gatehouse.stop({ wait: false });
    expect(await client.end).toBe("fin");
    client.socket.end();
    await Promise.all([stopped, again]);
    expect(causes(house.events)).toEqual(["stopped"]);
  });
});

describe("clients that reuse connections, while their listener is renamed again and again", () => {
  /** Renames the listener, which drains all its connections while the address stays. */
  async function renamedAgainAndAgain(request: (port: number) => Promise<string>): Promise<number> {
    const house = await webServer(long);
    const port = house.port("web");
    const rename = (name: string) => house.gatehouse.reload([{ name, protocol: "http", bind: [`127.0.0.1:${port}`] }]);
    // The address by which the listener is known from here on is not port 0 any more.
    await rename("web-with-port");
    const done = new AbortController();
    const clients = Array.from({ length: 8 }, async () => {
      let answers = 0;
      while (!done.signal.aborted) {
        expect(await request(port)).toBe("for /");
        answers += 1;
      }
      return answers;
    });
    const rounds = Promise.all(clients);
    rounds.catch(() => done.abort());
    for (let round = 0; round < 10 && !done.signal.aborted; round++) {
      await rename(`web-${round}`);
      await request(port);
    }
    done.abort();
    const answers = (await rounds).reduce((sum, count) => sum + count, 0);
    const drained = house.events.filter(({ type }) => type === "connection.draining");
    expect(drained.length).toBeGreaterThan(10);
    return answers;
  }

  test("an Agent of node:http has every request answered", async () => {
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const request = async (port: number): Promise<string> => {
      const [response] = await once(get({ port, host: "127.0.0.1", agent }), "response");
      return text(response);
    };
    expect(await renamedAgainAndAgain(request)).toBeGreaterThan(50);
  });

  test("fetch has every request answered", async () => {
    const request = async (port: number): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text();
    expect(await renamedAgainAndAgain(request)).toBeGreaterThan(50);
  });
});

test.skipIf(!installed("curl"))(
  "curl has its second URL answered on the connection of a server that stops",
  async () => {
    const stopping = Promise.withResolvers<Promise<void>>();
    const house = await webServer(long, (url) => {
      if (url === "/first") stopping.resolve(house.gatehouse.stop());
    });
    const base = `http://127.0.0.1:${house.port("web")}`;
    const { code, stdout } = await run("curl", [
      "-sS",
      "-w",
      " %{http_code} %{num_connects}\n",
      `${base}/first`,
      `${base}/second`,
    ]);
    await await stopping.promise;
    expect({ code, stdout }).toEqual({ code: 0, stdout: "for /first 200 1\nfor /second 200 0\n" });
  },
);
