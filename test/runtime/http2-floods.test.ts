/** Clients of HTTP/2 that would exhaust the server with frames that cost them nothing (RFC 9113 section 10.5). */
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { http } from "../../src/index.ts";
import { fromNowOn, type LastingGatehouse, lastingGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside } from "./ends.ts";
import {
  endHeaders,
  endStream,
  type FrameClient,
  fieldsOf,
  frame,
  frameClient,
  goAwayOf,
  request,
  type,
  uint32,
} from "./frame-client.ts";

const ENHANCE_YOUR_CALM = 0xb;
const CANCEL = 0x8;
const INTERNAL_ERROR = 0x2;
const web = { name: "web", protocol: "http", bind: ["127.0.0.1:0"] };

function times(count: number, make: (index: number) => Buffer): Buffer[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Numbers of a client's streams are odd. */
const streamOf = (index: number) => 2 * index + 1;

const post = (stream: number) => request(stream, { flags: endHeaders, payload: fieldsOf("POST") });
const reset = (stream: number) => frame({ type: type.resetStream, stream, payload: uint32(CANCEL) });

const floods: readonly { readonly name: string; readonly frames: () => Buffer[] }[] = [
  {
    name: "requests that are reset at once (CVE-2023-44487)",
    frames: () => times(2_000, (index) => Buffer.concat([request(streamOf(index)), reset(streamOf(index))])),
  },
  {
    name: "frames that make the server reset streams (CVE-2025-8671)",
    frames: () =>
      times(2_000, (index) => {
        const stream = streamOf(index);
        // Content-Length: 0, and then an octet.
        const empty = Buffer.concat([fieldsOf("POST"), Buffer.from([0x0f, 0x0d, 1, 0x30])]);
        const opened = request(stream, { flags: endHeaders, payload: empty });
        return Buffer.concat([opened, frame({ type: type.data, stream, payload: Buffer.alloc(1) })]);
      }),
  },
  {
    name: "CONTINUATION without end, empty (CVE-2024-27316)",
    frames: () => [
      request(1, { flags: endStream, payload: fieldsOf() }),
      ...times(1_000, () => frame({ type: type.continuation, stream: 1 })),
    ],
  },
  {
    name: "CONTINUATION without end, full",
    frames: () => [
      request(1, { flags: endStream, payload: fieldsOf() }),
      ...times(7, () => frame({ type: type.continuation, stream: 1, payload: Buffer.alloc(16_384, 0x82) })),
    ],
  },
  { name: "SETTINGS (CVE-2019-9515)", frames: () => times(2_000, () => frame({ type: type.settings })) },
  {
    name: "PING (CVE-2019-9512)",
    frames: () => times(10_000, () => frame({ type: type.ping, payload: Buffer.alloc(8) })),
  },
  {
    name: "DATA of nothing (CVE-2019-9518)",
    frames: () => [post(1), ...times(10_000, () => frame({ type: type.data, stream: 1 }))],
  },
  {
    name: "PRIORITY (CVE-2019-9513)",
    frames: () =>
      times(10_000, (index) =>
        frame({ type: type.priority, stream: 1, payload: Buffer.from([0, 0, 0, 3, index % 256]) }),
      ),
  },
  {
    name: "WINDOW_UPDATE of one octet (CVE-2019-9511)",
    frames: () => times(10_000, () => frame({ type: type.windowUpdate, payload: uint32(1) })),
  },
  { name: "frames of a type that does not exist", frames: () => times(10_000, () => frame({ type: type.unknown })) },
];

let house: LastingGatehouse;
let calls = 0;

beforeAll(async () => {
  const fetch = () => {
    calls++;
    return new Response("here");
  };
  house = await lastingGatehouse([web], { protocols: [http({ fetch })] });
});

afterAll(() => house.end());

/** The server goes on for others. */
async function expectAnswer(): Promise<void> {
  const client = await frameClient(house.port("web"));
  client.send(request(1));
  expect((await client.next(type.data, 1)).payload.toString()).toBe("here");
  client.socket.end();
  expect(await client.end).toBe("fin");
  await expectNobodyInside(house);
}

describe("a connection ends with ENHANCE_YOUR_CALM", () => {
  test.each(floods)("at a flood of $name", async ({ frames }) => {
    const now = fromNowOn(house);
    const client = await frameClient(house.port("web"));
    client.send(...frames());
    // What is invalid as well may be refused as that.
    expect([INTERNAL_ERROR, ENHANCE_YOUR_CALM]).toContain(goAwayOf(await client.next(type.goAway)).code);
    expect(await client.end).toBe("fin");
    client.socket.end();
    await now.event("connection.closed");
    expect(causes(now.events)).toEqual(["protocol-error"]);
    await expectAnswer();
  });
});

test("of requests that are reset, no more are handled than streams may be open", async () => {
  calls = 0;
  const client = await frameClient(house.port("web"));
  client.send(...times(2_000, (index) => Buffer.concat([request(streamOf(index)), reset(streamOf(index))])));
  await client.next(type.goAway);
  client.socket.destroy();
  expect(calls).toBeLessThanOrEqual(400);
});

test("handlers that go on after a reset count: no more than twice the streams are at work", async () => {
  let atWork = 0;
  const one = await runGatehouse([web], {
    protocols: [
      http({
        maxConcurrentStreams: 5,
        fetch: () => {
          atWork++;
          return new Promise<Response>(() => {});
        },
      }),
    ],
  });
  const client = await frameClient(one.port("web"));
  await client.next(type.settings);
  for (let index = 0; index < 20; index++) {
    client.send(request(streamOf(index)));
    await ping(client);
    client.send(reset(streamOf(index)));
  }
  await ping(client);
  expect(atWork).toBe(10);
});

/** Everything before has been taken, as the server's acknowledgement shows. */
async function ping(client: FrameClient): Promise<void> {
  client.send(frame({ type: type.ping, payload: Buffer.alloc(8) }));
  await client.next(type.ping);
  await turn();
}

describe("a block of fields that unfolds (HPACK)", () => {
  /** Puts one long field into the table, and refers to it with one octet each. */
  const bomb = (references: number): Buffer => {
    const value = Buffer.alloc(3_900, 0x61);
    // 3,900 as an integer of HPACK behind 7 bits: 127, then 3,773 in groups of 7 bits.
    const long = Buffer.concat([Buffer.from([0x40, 1, 0x78, 0x7f, 0xbd, 0x1d]), value]);
    return Buffer.concat([fieldsOf(), long, Buffer.alloc(references, 0xbe)]);
  };

  test("is refused with its stream, and nobody handles it", async () => {
    calls = 0;
    const client = await frameClient(house.port("web"));
    client.send(request(1, { payload: bomb(10_000) }), request(3));
    const refused = await client.next(type.resetStream, 1);
    expect(refused.payload.readUInt32BE(0)).toBe(ENHANCE_YOUR_CALM);
    expect((await client.next(type.data, 3)).payload.toString()).toBe("here");
    expect(calls).toBe(1);
    client.socket.destroy();
  });
});

describe("a client that does not take its answer", () => {
  const big = Buffer.alloc(10_000_000, 0x61);
  const server = (path: string) => (path === "/" ? new Response(big) : new Response("here"));
  const impatient = () =>
    runGatehouse([web], {
      protocols: [http({ writeTimeout: 100, fetch: ({ url }) => server(new URL(url).pathname) })],
    });
  /** SETTINGS_INITIAL_WINDOW_SIZE. */
  const window = (octets: number) => Buffer.concat([Buffer.from([0, 4]), uint32(octets)]);

  test("since its window stays closed loses the stream after writeTimeout, and nothing else", async () => {
    const one = await impatient();
    const client = await frameClient(one.port("web"), window(0));
    client.send(request(1));
    expect((await client.next(type.resetStream, 1)).payload.readUInt32BE(0)).toBe(CANCEL);
    await ping(client);
    client.socket.end();
    expect(await client.end).toBe("fin");
    expect(causes(one.events)).toEqual(["quit"]);
  });

  test("since it does not read loses the connection", async () => {
    const one = await impatient();
    const client = await frameClient(one.port("web"), window(2 ** 31 - 1));
    await client.next(type.settings);
    client.socket.pause();
    client.send(request(1), frame({ type: type.windowUpdate, payload: uint32(2 ** 30) }));
    await one.event("connection.closing");
    client.socket.destroy();
    await one.event("connection.closed");
    expect(causes(one.events)).toEqual(["write-timeout"]);
    await expectNobodyInside(one);
  });

  test("since it opens its window octet by octet is told to calm down", async () => {
    const one = await impatient();
    const client = await frameClient(one.port("web"), window(1));
    client.send(request(1));
    client.send(...times(10_000, () => frame({ type: type.windowUpdate, stream: 1, payload: uint32(1) })));
    expect(goAwayOf(await client.next(type.goAway)).code).toBe(ENHANCE_YOUR_CALM);
  });
});
