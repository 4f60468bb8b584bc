import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasRedis, RedisServer } from "../runtime/fleet/redis-server.ts";
import { everyStepOf, randomPathOf, situationsOf } from "./every-step.ts";
import { apply, compare, events, fleetStateMachine, type StateWalkEvent, situationText } from "./fleet-state.model.ts";
import { WalkedServer } from "./walked-engine.ts";
import { WalkedFleet } from "./walked-nodes.ts";

const seed = Number(process.env["MODEL_SEED"] ?? 5);

describe.skipIf(!hasRedis)("what all nodes of a fleet share", () => {
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

  async function walk(path: readonly StateWalkEvent[]): Promise<void> {
    walks += 1;
    const situations = situationsOf(fleetStateMachine, path).map(({ context }) => context);
    const fleet = await WalkedFleet.open(server, { prefix: `shared${walks}`, text: "document 0" });
    try {
      for (const [at, event] of path.entries()) {
        const next = situations[at + 1];
        if (!next) throw new Error("The path is longer than what comes of it.");
        await apply(fleet, event);
        const { expected, actual } = await compare(fleet, next);
        const way = path.slice(0, at + 1).map((one) => ("node" in one ? `${one.node} ${one.type}` : one.type));
        expect(actual, way.join(", ")).toEqual(expected);
      }
    } finally {
      await fleet.close();
    }
  }

  test("each event does in each situation what the chart says: who was away catches up", async () => {
    for (const path of everyStepOf(fleetStateMachine, events, ({ context }) => situationText(context)))
      await walk(path);
  });

  test("random walks find the nodes where the chart is", async () => {
    const property = fc.asyncProperty(randomPathOf(fleetStateMachine, events), walk);
    await fc.assert(property, { seed, numRuns: 10, interruptAfterTimeLimit: 20_000 });
  });
});
