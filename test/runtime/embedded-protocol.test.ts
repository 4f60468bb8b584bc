/** Protocols of an embedder's own: what the connection does for them, and what it bears of them. */
import { setImmediate as immediate } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import {
  CONTINUE,
  close,
  type Protocol,
  type Session,
  type SessionProtocol,
  UPGRADE,
  type Verdict,
  WAIT,
  type Wire,
} from "../../src/index.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside } from "./ends.ts";
import { gone, type RawClient, rawClient, tlsClient } from "./raw-client.ts";

let house: RunningGatehouse;

afterEach(async () => {
  await expectNobodyInside(house);
});

/** A protocol that echoes; a test replaces what it is about. */
function echo(replace: (wire: Wire) => Partial<Session> = () => ({}), startTls = false): SessionProtocol {
  return {
    kind: "session",
    name: "echo",
    startTls,
    busy: () => "busy\r\n",
    open: (wire) => ({
      state: "open",
      greet: () => {
        wire.write("hello\r\n");
        return CONTINUE;
      },
      receive: (chunk) => {
        wire.write(chunk);
        return CONTINUE;
      },
      resume: () => CONTINUE,
      writable: () => CONTINUE,
      secured: () => CONTINUE,
      ended: () => close("peer-ended"),
      drain: () => close("drained"),
      expired: (limit) => close(limit === "idle" ? "idle-timeout" : "session-timeout"),
      closed: () => {},
      ...replace(wire),
    }),
  };
}

async function serve(protocol: Protocol, clock?: SimulatedClock): Promise<number> {
  house = await runGatehouse([{ name: "echo", protocol: protocol.name, bind: ["127.0.0.1:0"] }], {
    protocols: [protocol],
    ...(clock ? { clock } : {}),
  });
  return house.port("echo");
}

async function ended(client: RawClient): Promise<void> {
  client.socket.end();
  await house.event("connection.closed");
  await gone(client);
}

function sessionErrors(): unknown[] {
  return house.events.flatMap((event) => (event.type === "connection.sessionFailed" ? [event.error] : []));
}

describe("an embedder's protocol", () => {
  test("gets its octets back and its end told, once and last", async () => {
    const calls: string[] = [];
    const port = await serve(
      echo((wire) => ({
        ended: () => {
          calls.push("ended");
          return close("quit");
        },
        closed: (cause) => {
          calls.push(cause);
          wire.wake();
          wire.setIdleTimeout(1);
        },
        resume: () => {
          calls.push("resume");
          return CONTINUE;
        },
      })),
    );
    const client = await rawClient(port);
    client.socket.write("ping");
    await client.until("hello\r\nping");
    await ended(client);
    await immediate();
    expect(calls).toEqual(["ended", "quit"]);
  });

  test("is not woken after its end, though the peer reset it", async () => {
    const calls: string[] = [];
    let wire: Wire | undefined;
    const port = await serve(
      echo((its) => {
        wire = its;
        return {
          closed: (cause) => void calls.push(cause),
          resume: () => {
            calls.push("resume");
            return CONTINUE;
          },
        };
      }),
    );
    const client = await rawClient(port);
    await client.until("hello");
    client.socket.resetAndDestroy();
    await house.event("connection.closed");
    wire?.wake();
    await immediate();
    expect(calls).toEqual(["peer-reset"]);
  });

  test("may wait: input is held until it has been woken", async () => {
    const received: string[] = [];
    let wire: Wire | undefined;
    let busy = true;
    const port = await serve(
      echo((its) => {
        wire = its;
        return {
          receive: (chunk) => {
            received.push(Buffer.from(chunk).toString());
            its.write("got\r\n");
            return busy ? WAIT : CONTINUE;
          },
        };
      }),
    );
    const client = await rawClient(port);
    client.socket.write("first");
    await client.until("got");
    client.socket.write("second");
    await immediate();
    expect(received).toEqual(["first"]);
    busy = false;
    wire?.wake();
    await client.until("got\r\ngot");
    expect(received).toEqual(["first", "second"]);
    await ended(client);
  });

  test("asks for TLS where there is none: its session has failed", async () => {
    const port = await serve(echo(() => ({ receive: () => UPGRADE })));
    const client = await rawClient(port);
    client.socket.write("x");
    await client.end;
    await ended(client);
    expect(causes(house.events)).toEqual(["session-failed"]);
  });

  test("keeps its idle limit over a handshake", async () => {
    const clock = new SimulatedClock();
    const port = await serve(
      echo(
        (wire) => ({
          greet: () => {
            wire.setIdleTimeout(1_000);
            wire.write("hello\r\n");
            return CONTINUE;
          },
          receive: () => {
            wire.write("go\r\n");
            return UPGRADE;
          },
          secured: () => {
            wire.write("secured\r\n");
            return CONTINUE;
          },
        }),
        true,
      ),
      clock,
    );
    const clear = await rawClient(port);
    clear.socket.write("tls");
    await clear.until("go");
    clock.increment(5_000);
    clear.socket.removeAllListeners("data");
    const client = await tlsClient({ socket: clear.socket });
    await client.until("secured");
    clock.increment(999);
    expect(causes(house.events)).toEqual([]);
    expect(house.gatehouse.connections()[0]?.state).toBe("active");
    clock.increment(1);
    await ended(client);
    expect(causes(house.events)).toEqual(["idle-timeout"]);
  });
});

describe("a turn that a session has asked for", () => {
  test("comes after its time by the server's clock, once, and input is held until then", async () => {
    const clock = new SimulatedClock();
    const turns: number[] = [];
    const port = await serve(
      echo((wire) => ({
        receive: (chunk) => {
          wire.write(chunk);
          wire.wakeAfter(5000);
          wire.wakeAfter(1000);
          return WAIT;
        },
        resume: () => {
          turns.push(wire.now());
          wire.write("awake\r\n");
          return CONTINUE;
        },
      })),
      clock,
    );
    const client = await rawClient(port);
    client.socket.write("a\r\n");
    await client.until("a\r\n");
    client.socket.write("b\r\n");
    clock.increment(999);
    expect(turns).toEqual([]);
    clock.increment(1);
    await client.until("awake\r\nb\r\n");
    expect(turns).toEqual([1000]);
    clock.increment(10_000);
    expect(turns).toEqual([1000, 11_000]);
    await ended(client);
  });

  test("is given up by null, and by the end", async () => {
    const clock = new SimulatedClock();
    const turns: number[] = [];
    const port = await serve(
      echo((wire) => ({
        receive: (chunk) => {
          wire.wakeAfter(1000);
          if (chunk[0] === 0x78) wire.wakeAfter(null);
          wire.write(chunk);
          return CONTINUE;
        },
        resume: () => {
          turns.push(wire.now());
          return CONTINUE;
        },
      })),
      clock,
    );
    const client = await rawClient(port);
    client.socket.write("x");
    await client.until("x");
    clock.increment(1000);
    client.socket.write("y");
    await client.until("y");
    await ended(client);
    clock.increment(1000);
    expect(turns).toEqual([]);
  });
});

describe("a protocol that throws", () => {
  const thrown = new Error("a mistake of the embedder's");
  const fail = (): never => {
    throw thrown;
  };

  async function expectOthersUnaffected(port: number): Promise<void> {
    const client = await rawClient(port);
    await client.until("hello");
    const [{ id } = { id: "" }] = house.gatehouse.connections();
    await gone(client);
    await house.event("connection.closed", ({ connection }) => connection.id === id);
  }

  const waitAfter = (_done: unknown): Verdict => WAIT;

  function fill(wire: Wire): void {
    while (wire.write("x".repeat(65_536)));
  }

  /** Only the first session throws. */
  function failingOnce(replace: (wire: Wire) => Partial<Session>): SessionProtocol {
    let first = true;
    return echo((wire) => {
      const failing = first;
      first = false;
      return failing ? replace(wire) : {};
    });
  }

  test.each<[string, (wire: Wire) => Partial<Session>]>([
    ["open", fail],
    ["greet", () => ({ greet: fail })],
    ["receive", () => ({ receive: fail })],
    ["ended", () => ({ ended: fail })],
    ["resume", (wire) => ({ resume: fail, receive: () => waitAfter(wire.wake()) })],
    ["expired", (wire) => ({ expired: fail, receive: () => waitAfter(wire.setSessionTimeout(0)) })],
    ["writable", (wire) => ({ writable: fail, receive: () => waitAfter(fill(wire)) })],
  ])("in %s ends its own connection as session-failed, and no other", async (method, replace) => {
    const port = await serve(failingOnce(replace));
    const client = await rawClient(port);
    client.socket.write("x");
    if (method === "ended") client.socket.end();
    expect(await client.end).toBe("fin");
    await ended(client);
    expect(causes(house.events)).toEqual(["session-failed"]);
    expect(sessionErrors()).toEqual([thrown]);
    await expectOthersUnaffected(port);
  });

  test("in closed is told, and the connection has ended all the same", async () => {
    const port = await serve(failingOnce(() => ({ closed: fail })));
    const client = await rawClient(port);
    await client.until("hello");
    await ended(client);
    expect(sessionErrors()).toEqual([thrown]);
    expect(causes(house.events)).toEqual(["peer-ended"]);
    await expectOthersUnaffected(port);
  });

  test.each([
    ["a session", echo(() => ({ drain: fail }))],
    [
      "a stream session",
      { kind: "stream", name: "echo", startTls: false, busy: fail, open: () => ({ drain: fail }), stop: fail },
    ],
  ] as [string, Protocol][])("in drain, %s ends as session-failed, and the server stops", async (_, protocol) => {
    const port = await serve(protocol);
    const client = await rawClient(port);
    await house.event("connection.active");
    const stopped = house.gatehouse.stop();
    await client.end;
    client.socket.end();
    await stopped;
    expect(causes(house.events)).toEqual(["session-failed"]);
    expect(house.gatehouse.state).toBe("stopped");
  });

  test("in busy refuses without a word, and the server goes on", async () => {
    house = await runGatehouse([{ name: "echo", protocol: "echo", bind: ["127.0.0.1:0"], maxConnections: 1 }], {
      protocols: [{ ...echo(), busy: fail }],
    });
    const inside = await rawClient(house.port("echo"));
    await inside.until("hello");
    const refused = await rawClient(house.port("echo"));
    await refused.end;
    expect(refused.received()).toBe("");
    expect(await house.event("listener.warning")).toMatchObject({ text: expect.stringContaining(thrown.message) });
    await gone(inside);
    await house.event("connection.closed");
  });
});

describe("a peer that never reads", () => {
  /** Sends without reading until the server has stopped reading in its turn. */
  async function flood(port: number): Promise<RawClient> {
    const client = await rawClient(port);
    client.socket.pause();
    const chunk = Buffer.alloc(65_536, "x");
    let read = -1;
    const bytesRead = () => house.gatehouse.connections()[0]?.bytesRead ?? 0;
    do {
      read = bytesRead();
      for (let sent = 0; sent < 64; sent++) client.socket.write(chunk);
      for (let turn = 0; turn < 50; turn++) await immediate();
    } while (bytesRead() > read);
    return client;
  }

  test("fills no memory though the session writes on, and is cut after the time for a write", async () => {
    const clock = new SimulatedClock();
    const port = await serve(echo(), clock);
    const client = await flood(port);
    const [connection] = house.gatehouse.connections();
    // What the kernel's buffers of both ends hold, and a chunk or two.
    expect(connection?.bytesRead).toBeLessThan(32 * 1024 * 1024);
    clock.increment(299_999);
    expect(house.gatehouse.connections()).toHaveLength(1);
    clock.increment(1);
    clock.increment(5_000);
    await house.event("connection.closed");
    expect(causes(house.events)).toEqual(["write-timeout"]);
    await gone(client);
  });

  test("is cut at the session's own idle limit when that is shorter", async () => {
    const clock = new SimulatedClock();
    let expired = 0;
    const port = await serve(
      echo((wire) => ({
        greet: () => {
          wire.setIdleTimeout(10_000);
          return CONTINUE;
        },
        expired: () => {
          expired++;
          return CONTINUE;
        },
      })),
      clock,
    );
    const client = await flood(port);
    clock.increment(10_000);
    expect(house.gatehouse.connections()[0]?.state).toBe("closing");
    clock.increment(5_000);
    expect(causes(house.events)).toEqual(["write-timeout"]);
    expect(expired).toBe(0);
    await gone(client);
  });

  test("and reads after all gets every octet", async () => {
    const port = await serve(echo());
    const client = await flood(port);
    const sent = client.socket.bytesWritten;
    let echoed = 0;
    const all = new Promise<void>((resolve) => {
      client.socket.on("data", (chunk: Buffer) => {
        echoed += chunk.length;
        if (echoed >= sent + "hello\r\n".length) resolve();
      });
    });
    client.socket.resume();
    await all;
    await ended(client);
    expect(causes(house.events)).toEqual(["peer-ended"]);
  });
});
