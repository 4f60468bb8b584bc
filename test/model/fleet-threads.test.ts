import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasRedis, RedisServer } from "../runtime/fleet/redis-server.ts";
import { everyStepOf, randomPathOf, situationsOf } from "./every-step.ts";
import {
  apply,
  cap,
  compare,
  events,
  fleetThreadsMachine,
  situationText,
  type ThreadsWalkEvent,
} from "./fleet-threads.model.ts";
import { WalkedServer } from "./walked-engine.ts";
import { WalkedThreads } from "./walked-threads.ts";

const seed = Number(process.env["MODEL_SEED"] ?? 5);

describe.skipIf(!hasRedis)("slots of a fleet that the threads of its nodes take", () => {
  let redis: RedisServer;
  let server: WalkedServer;
  let walks = 0;
  beforeAll(async () => {
    redis = await RedisServer.start();
    server = await WalkedServer.open(redis);
  });
  afterAll(async () => {
    server.close();
    await redis.stop();
  });

  async function walk(path: readonly ThreadsWalkEvent[]): Promise<void> {
    walks += 1;
    const situations = situationsOf(fleetThreadsMachine, path).map(({ context }) => context);
    const fleet = await WalkedThreads.open(server, { prefix: `threads${walks}`, cap });
    try {
      for (const [at, event] of path.entries()) {
        const next = situations[at + 1];
        if (!next) throw new Error("The path is longer than what comes of it.");
        const wrong = await apply(fleet, event);
        const { expected, actual } = await compare(fleet, next, wrong);
        const way = path.slice(0, at + 1).map((one) => ("place" in one ? `${one.place}: ${one.type}` : one.type));
        expect(actual, way.join(", ")).toEqual(expected);
      }
    } finally {
      await fleet.close();
    }
  }

  test("each event does in each situation what the chart says: nobody takes what is not leased", async () => {
    for (const path of everyStepOf(fleetThreadsMachine, events, ({ context }) => situationText(context)))
      await walk(path);
  });

  test("random walks find the nodes where the chart is", async () => {
    const property = fc.asyncProperty(randomPathOf(fleetThreadsMachine, events), walk);
    await fc.assert(property, { seed, numRuns: 10, interruptAfterTimeLimit: 20_000 });
  });
});
