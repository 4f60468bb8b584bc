/** The memory of what nobody needs is freed at once, and never that of what somebody has. */
import { once } from "node:events";
import { finished } from "node:stream/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/protocols/backend.ts";
import { giveBack } from "../../src/protocols/give-back.ts";
import { IncomingBody } from "../../src/protocols/incoming-body.ts";
import { introduce } from "./smtp/fixture.ts";

const line = "a line of a message that is long enough to fill some memory\r\n";

/** Chunks as Node reads them: each has memory of its own. */
function chunksOf(text: string, length = 8_192): Buffer[] {
  const octets = Buffer.from(text);
  const count = Math.ceil(octets.length / length);
  return Array.from({ length: count }, (_, at) => {
    const part = octets.subarray(at * length, (at + 1) * length);
    const chunk = Buffer.allocUnsafeSlow(part.length);
    chunk.set(part);
    return chunk;
  });
}

const isFreed = ({ buffer }: Buffer): boolean => buffer.byteLength === 0;

describe("a chunk that nobody needs", () => {
  it("is freed when it has its memory for itself", () => {
    const chunk = Buffer.allocUnsafeSlow(16_384);
    giveBack(chunk);
    expect(isFreed(chunk)).toBe(true);
    giveBack(chunk);
  });

  it("is left alone when others may have parts of its memory, and when it is small", () => {
    const memory = Buffer.allocUnsafeSlow(16_384);
    for (const part of [memory.subarray(1), memory.subarray(0, 16_383)]) giveBack(part);
    const shared = Buffer.from(new SharedArrayBuffer(16_384));
    const small = Buffer.allocUnsafeSlow(512);
    const pooled = Buffer.from("from the pool");
    for (const chunk of [shared, small, pooled]) giveBack(chunk);
    for (const chunk of [memory, shared, small, pooled]) expect(isFreed(chunk)).toBe(false);
  });
});

const text = line.repeat(2_000);

async function send(backend: Backend, { end = ".\r\n", begin = "DATA\r\n" } = {}) {
  const { wire } = await introduce({ backend: { recipient: () => undefined, ...backend } });
  await wire.send(`MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n${begin}`);
  const chunks = chunksOf(text);
  for (const chunk of chunks) {
    await wire.give(chunk);
    // As from a socket: what a chunk has set going is done before the next one comes.
    await new Promise(setImmediate);
  }
  const said = await wire.send(end);
  return { chunks, said };
}

/** Backends that want nothing of the content, by what they do. */
const careless: Record<string, Backend> = {
  "answers before it has come": { message: () => undefined },
  "lets it run": {
    message: async ({ body }) => {
      await finished(body.resume());
      return undefined;
    },
  },
  "gives it up": {
    message: async ({ body }) => {
      await once(body, "readable");
      body.destroy();
      return undefined;
    },
  },
  "has it put together": { wholeMessage: () => undefined },
};

/** Backends that keep all of it, by how they read. */
const keepers: Record<string, (kept: Buffer[]) => Backend["message"]> = {
  listens:
    (kept) =>
    async ({ body }) => {
      body.on("data", (piece: Buffer) => kept.push(piece));
      await finished(body);
      return undefined;
    },
  iterates:
    (kept) =>
    async ({ body }) => {
      for await (const piece of body) kept.push(piece as Buffer);
      return undefined;
    },
  "reads at its leisure":
    (kept) =>
    async ({ body }) => {
      body.on("readable", () => {
        for (let piece = body.read(); piece !== null; piece = body.read()) kept.push(piece as Buffer);
      });
      await finished(body);
      return undefined;
    },
};

describe("the chunks of a message", () => {
  it.each(Object.keys(careless))("are freed when the backend %s", async (how) => {
    for (const { begin, end } of [{ begin: `BDAT ${text.length} LAST\r\n`, end: "" }, {}]) {
      const { chunks } = await send(careless[how] ?? {}, { ...(begin ? { begin, end } : {}) });
      // Of one that flows, the first is Node's; one that breaks off may have been read before.
      expect(chunks.slice(2).filter((chunk) => !isFreed(chunk))).toEqual([]);
    }
  });

  it("are freed when the message is refused, or was never wanted", async () => {
    const refused = await send(
      { message: async ({ body }) => void (await finished(body.resume())) },
      { end: "\r.\r\n.\r\n" },
    );
    expect(refused.said).toMatch(/^5/);
    const unwanted = await send({}, { begin: `BDAT ${text.length} LAST\r\n`, end: "" });
    expect(unwanted.chunks.every(isFreed)).toBe(true);
  });

  it.each(Object.keys(keepers))("stay as they are for a backend that %s", async (how) => {
    const kept: Buffer[] = [];
    const message = keepers[how]?.(kept);
    const { said } = await send(message ? { message } : {});
    expect(said).toMatch(/^250/);
    expect(Buffer.concat(kept).toString()).toBe(text);
  });
});

describe("a body that flows", () => {
  it("gives a listener all that comes while it listens, whenever it comes and goes", async () => {
    const event = fc.constantFrom("listen", "ignore", "piece");
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 30 }), async (events) => {
        const body = new IncomingBody(
          () => {},
          () => {},
        );
        const [heard, expected]: [Buffer[], Buffer[]] = [[], []];
        const hear = (piece: Buffer) => heard.push(piece);
        body.resume();
        for (const [at, what] of events.entries()) {
          // Node's stream hands on what it holds in a turn of its own.
          await new Promise(setImmediate);
          if (what === "listen") body.off("data", hear).on("data", hear);
          if (what === "ignore") body.off("data", hear).resume();
          if (what !== "piece") continue;
          const piece = Buffer.allocUnsafeSlow(4_096).fill(at);
          if (body.listenerCount("data") > 0) expected.push(Buffer.from(piece));
          body.add(piece);
        }
        body.push(null);
        await finished(body);
        expect(Buffer.concat(heard).equals(Buffer.concat(expected))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
