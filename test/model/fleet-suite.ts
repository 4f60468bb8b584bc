/** Walks charts that stand for a whole fleet, with a real engine that all walks share. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AnyStateMachine, ContextFrom, EventFromLogic, SnapshotFrom } from "xstate";
import { hasRedis, RedisServer } from "../runtime/fleet/redis-server.ts";
import { everyStepOf, randomPathOf, situationsOf } from "./every-step.ts";
import { WalkedServer } from "./walked-engine.ts";

export interface FleetSuite<Machine extends AnyStateMachine, Fleet> {
  /** What is walked, and what each step proves. */
  readonly of: string;
  readonly proves: string;
  readonly machine: Machine;
  readonly events: readonly EventFromLogic<Machine>[];
  /** @param number of no other walk on this server */
  open(server: WalkedServer, number: number): Promise<Fleet>;
  /** Lets the event happen. @returns what the chart says of it, and how it is */
  step(
    fleet: Fleet,
    event: EventFromLogic<Machine>,
    contexts: { readonly before: ContextFrom<Machine>; readonly next: ContextFrom<Machine> },
  ): Promise<{ readonly expected: object; readonly actual: object }>;
  /** Situations with equal texts count as one. */
  situationText(context: ContextFrom<Machine>): string;
  /** The event, as a failure names it. */
  eventText(event: EventFromLogic<Machine>): string;
}

const seed = Number(process.env["MODEL_SEED"] ?? 5);

export function walkFleets<Machine extends AnyStateMachine, Fleet extends { close(): Promise<void> }>({
  of,
  proves,
  machine,
  events,
  open,
  step,
  situationText,
  eventText,
}: FleetSuite<Machine, Fleet>): void {
  describe.skipIf(!hasRedis)(of, () => {
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

    const contextOf = ({ context }: SnapshotFrom<Machine>): ContextFrom<Machine> => context;

    async function walk(path: readonly EventFromLogic<Machine>[]): Promise<void> {
      walks += 1;
      const contexts = situationsOf(machine, path).map(contextOf);
      const fleet = await open(server, walks);
      try {
        for (const [at, event] of path.entries()) {
          const [before, next] = [contexts[at], contexts[at + 1]];
          if (!before || !next) throw new Error("The path is longer than what comes of it.");
          const { expected, actual } = await step(fleet, event, { before, next });
          const way = path.slice(0, at + 1).map(eventText);
          expect(actual, way.join(", ")).toEqual(expected);
        }
      } finally {
        await fleet.close();
      }
    }

    test(`each event does in each situation what the chart says: ${proves}`, async () => {
      for (const path of everyStepOf(machine, events, (situation) => situationText(contextOf(situation))))
        await walk(path);
    });

    test("random walks find the nodes where the chart is", async () => {
      const property = fc.asyncProperty(randomPathOf(machine, events), walk);
      await fc.assert(property, { seed, numRuns: 10, interruptAfterTimeLimit: 20_000 });
    });
  });
}
