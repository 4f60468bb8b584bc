import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineScript, ScriptCall } from "../../../src/runtime/fleet/engine.ts";
import { type ChangeNote, type SharedChange, SharedState } from "../../../src/runtime/fleet/shared-state.ts";
import { hasRedis, RedisServer, redisClient } from "./redis-server.ts";

const blocked = (name: string): SharedChange => ({
  kind: "blocked",
  name,
  value: { address: name, expiresAt: null, reason: null },
});
const unblocked = (name: string): SharedChange => ({ kind: "blocked", name, value: null });

describe.skipIf(!hasRedis)("what nodes share, where notes and answers come in any order", () => {
  let engine: RedisServer;
  let client: ReturnType<typeof redisClient>;
  let notes: ReturnType<typeof redisClient>;
  const said: ChangeNote[] = [];
  beforeAll(async () => {
    engine = await RedisServer.start();
    client = redisClient({ url: engine.url });
    notes = redisClient({ url: engine.url });
    await Promise.all([client.connect(), notes.connect()]);
    await notes.subscribe("notes", (text) => said.push(JSON.parse(text)));
  });
  afterAll(async () => {
    client.destroy();
    notes.destroy();
    await engine.stop();
  });

  /** A node that hears nothing but what the test tells it, and what is in force there. */
  function node(member: string) {
    const inForce = new Set<string>();
    let before: (() => Promise<void>) | null = null;
    const state = new SharedState({
      ...{ key: "shared", claims: "claims", leases: "leases", channel: "notes", member },
      run: async ({ text }: EngineScript, { keys, args }: ScriptCall) => {
        const answer = await client.eval(text, { keys: [...keys], arguments: [...args] });
        await before?.();
        return answer;
      },
      apply: ({ name, value }) => {
        if (value === null) inForce.delete(name);
        else inForce.add(name);
      },
    });
    return {
      ...{ state, inForce },
      /** Answers wait for this before they arrive. */
      delay: (until: (() => Promise<void>) | null) => {
        before = until;
      },
      change: (change: SharedChange) => {
        if (change.value === null) inForce.delete(change.name);
        else inForce.add(change.name);
        state.tell(change);
      },
    };
  }
  const fields = async () => (await client.hKeys("shared")).filter((field) => !field.startsWith("#")).sort();
  const note = async (count: number): Promise<ChangeNote> => {
    await expect.poll(() => said.length).toBe(count);
    return said.at(-1) as ChangeNote;
  };
  const begin = async () => {
    await client.flushAll();
    said.length = 0;
  };
  /** Two nodes: one has blocked an address, and the other has heard of it. */
  const beginWithOne = async () => {
    await begin();
    const [a, b] = [node("a"), node("b")];
    a.change(blocked("192.0.2.1"));
    b.state.heard(await note(1));
    await expect.poll(() => [...b.inForce]).toEqual(["192.0.2.1"]);
    return [a, b] as const;
  };

  it("one that knows a change by a note alone tells it again to an engine that has forgotten", async () => {
    const [a, b] = await beginWithOne();
    a.change(blocked("192.0.2.2"));
    b.state.heard(await note(2));
    expect([...b.inForce]).toEqual(["192.0.2.1", "192.0.2.2"]);
    await client.flushAll();
    b.state.catchUp({ version: 0, epoch: null });
    await expect.poll(fields).toEqual(["blocked/192.0.2.1", "blocked/192.0.2.2"]);
    expect([...b.inForce]).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  it("a change that is taken back while the engine forgets does not come again", async () => {
    await begin();
    const a = node("a");
    a.change(blocked("192.0.2.1"));
    a.change(blocked("192.0.2.2"));
    await expect.poll(fields).toEqual(["blocked/192.0.2.1", "blocked/192.0.2.2"]);
    await client.flushAll();
    a.change(unblocked("192.0.2.1"));
    await expect.poll(fields).toEqual(["blocked/192.0.2.2"]);
    await note(4);
    expect([...a.inForce]).toEqual(["192.0.2.2"]);
  });

  it("a change that was taken back after the engine had forgotten is told again by nobody", async () => {
    const [a, b] = await beginWithOne();
    await client.flushAll();
    a.state.catchUp({ version: 0, epoch: null });
    await note(2);
    a.change(unblocked("192.0.2.1"));
    await note(3);
    b.state.catchUp({ version: 2, epoch: null });
    await expect.poll(() => [...b.inForce]).toEqual([]);
    expect(await fields()).toEqual([]);
    expect(said).toHaveLength(3);
  });

  it("a change that is taken back while the state is read is not told again", async () => {
    await begin();
    const a = node("a");
    a.change(blocked("192.0.2.1"));
    a.change(blocked("192.0.2.2"));
    await expect.poll(fields).toEqual(["blocked/192.0.2.1", "blocked/192.0.2.2"]);
    await client.flushAll();
    a.delay(async () => {
      a.delay(null);
      a.change(unblocked("192.0.2.1"));
    });
    a.state.catchUp({ version: 0, epoch: null });
    await expect.poll(fields).toEqual(["blocked/192.0.2.2"]);
    await note(4);
    expect([...a.inForce]).toEqual(["192.0.2.2"]);
  });

  it("an answer that a note has overtaken takes nothing back", async () => {
    const [a, b] = await beginWithOne();
    const answered = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    b.delay(() => {
      answered.resolve();
      return arrived.promise;
    });
    b.state.catchUp({ version: 9, epoch: null });
    await answered.promise;
    b.delay(null);
    a.change(blocked("192.0.2.2"));
    b.state.heard(await note(2));
    expect([...b.inForce]).toEqual(["192.0.2.1", "192.0.2.2"]);
    arrived.resolve();
    b.change(blocked("192.0.2.3"));
    await note(3);
    expect([...b.inForce]).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
  });
});
