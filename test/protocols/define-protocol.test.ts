import { once } from "node:events";
import { connect } from "node:net";
import { filter, firstValueFrom } from "rxjs";
import { expect, onTestFinished, test } from "vitest";
import {
  CONTINUE,
  close,
  createGatehouse,
  defineProtocol,
  defineSession,
  type TurnProtocolDefinition,
  type Wire,
} from "../../src/index.ts";
import { MemoryWire } from "./memory-wire.ts";

test("a session that gives only receive() has a default for every other turn", () => {
  const causes: string[] = [];
  const session = defineSession({ receive: () => undefined, closed: (cause) => void causes.push(cause) });
  expect(session.state).toBe("open");
  for (const turn of ["greet", "resume", "writable", "secured"] as const) expect(session[turn]()).toBe(CONTINUE);
  expect(session.receive(Buffer.from("x"))).toBe(CONTINUE);
  expect(session.ended()).toBe(close("quit"));
  expect(session.drain()).toBe(close("drained"));
  expect(session.expired("idle")).toBe(close("idle-timeout"));
  expect(session.expired("session")).toBe(close("session-timeout"));
  session.closed("quit");
  expect(causes).toEqual(["quit"]);
});

test("what a session defines is called on its own object, so that classes will do", () => {
  class Counting {
    state = "counting";
    #turns = 0;
    receive() {
      this.#turns += 1;
      return this.#turns === 2 ? close("quit") : undefined;
    }
    drain() {
      return undefined;
    }
  }
  const session = defineSession(new Counting());
  expect(session.state).toBe("counting");
  expect(session.receive(Buffer.of(1))).toBe(CONTINUE);
  expect(session.receive(Buffer.of(1))).toBe(close("quit"));
  expect(session.drain()).toBe(CONTINUE);
});

async function serve(open: TurnProtocolDefinition["open"]) {
  const gatehouse = createGatehouse({
    config: [{ name: "own", protocol: "own", bind: ["127.0.0.1:0"] }],
    protocols: [defineProtocol({ name: "own", open })],
  });
  await gatehouse.start();
  onTestFinished(() => gatehouse.stop({ wait: false }));
  const client = async () => {
    const socket = connect(gatehouse.listeners()[0]?.addresses[0]?.port ?? 0, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    return socket;
  };
  return { gatehouse, client };
}

test("what is written in no turn of the session leaves all the same", async () => {
  const opened = Promise.withResolvers<Wire>();
  const { client } = await serve((wire) => ({ greet: () => void opened.resolve(wire), receive: () => undefined }));
  const socket = await client();
  const wire = await opened.promise;
  wire.write("later ");
  wire.write("and more");
  expect(String((await once(socket, "data"))[0])).toBe("later and more");
});

test("what is written in no turn to a peer that does not read is told to the session when it has left", async () => {
  const opened = Promise.withResolvers<Wire>();
  const left = Promise.withResolvers<void>();
  const { client } = await serve((wire) => ({
    greet: () => void opened.resolve(wire),
    receive: () => undefined,
    writable: () => void left.resolve(),
  }));
  const socket = await client();
  socket.pause();
  const wire = await opened.promise;
  while (wire.write("x".repeat(60_000)));
  socket.resume();
  await left.promise;
});

test("a protocol sets a limit on silence, unless it wants none", () => {
  const limits: (number | null)[] = [];
  const unused = defineProtocol({ name: "unused", open: () => ({ receive: () => undefined }) });
  const wire = Object.assign(new MemoryWire(unused), {
    setIdleTimeout: (limit: number | null) => void limits.push(limit),
  });
  const open = () => ({ receive: () => undefined });
  limits.length = 0;
  defineProtocol({ name: "a", open }).open(wire);
  defineProtocol({ name: "b", open, idleTimeout: 1_000 }).open(wire);
  defineProtocol({ name: "c", open, idleTimeout: null }).open(wire);
  expect(limits).toEqual([300_000, 1_000]);
});

test("a session whose turn throws ends its own connection alone", async () => {
  const { gatehouse, client } = await serve(() => ({
    receive(chunk) {
      if (String(chunk) === "bad") throw new Error("a fault of the embedder's");
      return undefined;
    },
  }));
  const [one, other] = [await client(), await client()];
  one.resume().write("bad");
  await once(one, "end");
  other.write("good");
  expect(gatehouse.state).toBe("running");
  expect(other.readable).toBe(true);
});

test("a closed() that rejects is reported, and ends nothing else", async () => {
  const { gatehouse, client } = await serve(() => ({
    receive: () => undefined,
    closed: async () => {
      throw new Error("a fault of the embedder's");
    },
  }));
  const failed = firstValueFrom(gatehouse.lifecycle$.pipe(filter(({ type }) => type === "connection.sessionFailed")));
  (await client()).end();
  expect(await failed).toMatchObject({ error: new Error("a fault of the embedder's") });
  expect(gatehouse.state).toBe("running");
});
