import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasRedis, RedisServer } from "../runtime/fleet/redis-server.ts";
import { everyStepOf, randomPathOf, situationsOf } from "./every-step.ts";
import {
  apply,
  compare,
  events,
  type FleetWalkEvent,
  fleetDocumentMachine,
  situationText,
  textOf,
} from "./fleet-document.model.ts";
import { WalkedServer } from "./walked-engine.ts";
import { WalkedFleet } from "./walked-nodes.ts";

const seed = Number(process.env["MODEL_SEED"] ?? 5);

describe.skipIf(!hasRedis)("a document that is proposed to a fleet", () => {
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

  async function walk(path: readonly FleetWalkEvent[]): Promise<void> {
    walks += 1;
    const situations = situationsOf(fleetDocumentMachine, path).map(({ context }) => context);
    const fleet = await WalkedFleet.open(server, { prefix: `walk${walks}`, text: textOf(0) });
    try {
      for (const [at, event] of path.entries()) {
        const [before, next] = [situations[at], situations[at + 1]];
        if (!before || !next) throw new Error("The path is longer than what comes of it.");
        await apply(fleet, event, { before, next });
        const { expected, actual } = await compare(fleet, next);
        const way = path.slice(0, at + 1).map((one) => ("node" in one ? `${one.node} ${one.type}` : one.type));
        expect(actual, way.join(", ")).toEqual(expected);
      }
    } finally {
      await fleet.close();
    }
  }

  test("each event does in each situation what the chart says: all have the document, or none", async () => {
    for (const path of everyStepOf(fleetDocumentMachine, events, ({ context }) => situationText(context)))
      await walk(path);
  });

  test("random walks find the nodes where the chart is", async () => {
    const property = fc.asyncProperty(randomPathOf(fleetDocumentMachine, events), walk);
    await fc.assert(property, { seed, numRuns: 10, interruptAfterTimeLimit: 20_000 });
  });
});
