/** The fleet's chart, and how each of its events comes about: the engine answers, fails, forgets, or is cut off. */
import type { AnyEventObject } from "xstate";
import { createGatehouse, type Gatehouse } from "../../src/index.ts";
import { fleetMachine } from "../../src/machines/index.ts";
import {
  type Bench,
  type Difference,
  Driver,
  type Model,
  type Situation,
  type Stimulus,
} from "../../src/testing/index.ts";
import { talkListener } from "./listener-world.ts";
import { ScriptedEngine } from "./scripted-engine.ts";
import { newTalk, talkProtocol } from "./talk-protocol.ts";

const leaseTime = 9_000;
const [renewInterval, answerTimeout, retryInterval, leaseLeft] = [3_000, 3_000, 250, 8_100];

export class FleetWorld extends Driver {
  readonly house: Gatehouse;
  readonly engine: ScriptedEngine;
  /** How far the node's own clock is ahead of its timers, as after a pause of the whole process. */
  paused = 0;

  constructor(bench: Bench) {
    const engine = new ScriptedEngine();
    const { clock } = bench;
    const house = createGatehouse({
      ...bench.options,
      // Leases do not wear off by the way: how much is left would depend on the whole path.
      clock: {
        now: () => this.paused,
        setTimeout: (callback, milliseconds) => clock.setTimeout(callback, milliseconds),
        clearTimeout: (id) => clock.clearTimeout(id),
      },
      config: {
        SystemSettings: {
          defaultHostname: "localhost",
          cluster: { url: "redis://127.0.0.1:1", node: "a", onLoss: "refuse", leaseTime },
        },
        NetworkListener: [talkListener("talk", { atCapacity: "reject" })],
      },
      protocols: [talkProtocol(newTalk())],
      backend: {},
      openEngine: engine.open,
    });
    super(house, bench);
    this.house = house;
    this.engine = engine;
  }

  async answer(how: { readonly held?: boolean; readonly over?: boolean } = {}): Promise<void> {
    await this.until(() => this.engine.question !== null);
    this.engine.question?.answer({ held: true, ...how });
  }

  async fail(): Promise<void> {
    await this.until(() => this.engine.question !== null);
    this.engine.question?.fail(new Error("OOM command not allowed when used memory > 'maxmemory'."));
  }

  /** The rule that would refuse a client now; null for none. */
  async refusal(): Promise<string | null> {
    const { rules } = await this.house.explain({ listener: "talk", address: "192.0.2.1" });
    return rules.find(({ refusal }) => refusal !== null)?.rule ?? null;
  }

  override async close(): Promise<void> {
    this.engine.isQuick = true;
    this.engine.question?.answer({ held: true });
    await super.close();
  }
}

type FleetStimulus = Stimulus<FleetWorld>;

const statePaths = ["rejoining", "connected.settling", "degraded.asking", "isolated.asking", "leaving"] as const;
type Asking = (typeof statePaths)[number];

function stateOf({ snapshot }: Situation): string {
  const { value } = snapshot;
  return typeof value === "string"
    ? value
    : (Object.entries(value).map(([outer, inner]) => `${outer}.${inner}`)[0] ?? "");
}
const isIn =
  (...states: readonly string[]) =>
  (situation: Situation): boolean =>
    states.includes(stateOf(situation));
const asks = isIn(...statePaths);
const isOutside = (at: Situation, ...outer: readonly string[]): boolean =>
  outer.includes(stateOf(at).split(".")[0] ?? "");

const settles = (at: Situation): boolean => isIn("connected.settling", "degraded.asking")(at);
const done = (at: Situation, output: object): AnyEventObject => ({
  type: `xstate.done.actor.0.fleet.${stateOf(at) as Asking}`,
  output,
});

const stimuli: readonly FleetStimulus[] = [
  {
    name: "the engine answers",
    events: (at) => [done(at, { held: true, again: false })],
    possible: asks,
    apply: (world) => world.answer(),
  },
  {
    name: "the engine answers that it does not know the lease",
    events: (at) => [done(at, { held: false, again: false })],
    possible: settles,
    apply: (world) => world.answer({ held: false }),
  },
  {
    name: "the engine answers that the fleet has more clients than its cap",
    events: (at) => [done(at, { held: true, again: false })],
    possible: isIn("connected.settling"),
    apply: (world) => world.answer({ over: true }),
  },
  {
    name: "the engine fails",
    events: (at) => [{ type: `xstate.error.actor.0.fleet.${stateOf(at)}`, error: new Error("OOM") }],
    possible: asks,
    apply: (world) => world.fail(),
  },
  {
    name: "the connection to the engine ends",
    events: [{ type: "engine.lost", error: new Error("lost") }],
    possible: (at) => !isIn("left")(at),
    apply: (world) => world.engine.lose(),
  },
  {
    name: "another node lacks a slot",
    events: [{ type: "settlement.wanted" }],
    possible: (at) => isIn("connected.settled")(at),
    apply: (world) => world.engine.speak(),
  },
  {
    name: "another node lacks a slot while the engine is asked, which answers then",
    events: (at) => [{ type: "settlement.wanted" }, done(at, { held: true, again: true })],
    possible: (at) => isIn("connected.settling")(at),
    async apply(world) {
      await world.until(() => world.engine.question !== null);
      world.engine.speak();
      await world.answer();
    },
  },
  {
    name: "the process was paused for longer than its lease, and a client comes",
    events: [{ type: "lease.lapsed" }],
    possible: (at) => isOutside(at, "connected", "degraded"),
    async apply(world) {
      await world.until(() => world.house.state === "running");
      world.paused += leaseTime;
      await world.refusal();
    },
  },
  {
    name: "the lease ends while the engine is away",
    events: [{ type: "xstate.after.leaseLeft.fleet.degraded" }],
    possible: (at) => isOutside(at, "degraded"),
    apply: (world) => world.bench.clock.advance(leaseLeft),
  },
  {
    name: "the engine fails a moment before the lease ends",
    events: (at) => [
      { type: `xstate.error.actor.0.fleet.${stateOf(at)}`, error: new Error("OOM") },
      { type: "xstate.after.leaseLeft.fleet.degraded" },
    ],
    possible: isIn("degraded.asking"),
    async apply(world) {
      const { clock } = world.bench;
      const end = clock.pending.find(({ delay }) => delay === leaseLeft)?.due ?? 0;
      clock.advance(end - clock.now() - 50);
      await world.fail();
      await world.turn();
      clock.advance(50);
    },
  },
  {
    name: "the server stops",
    events: [{ type: "fleet.leave" }],
    possible: (at) => !isOutside(at, "leaving", "left"),
    apply: (world) => world.begin(world.house.stop({ wait: false })),
  },
];

/** Who would be let in is what the state says. */
async function compare(world: FleetWorld, at: Situation): Promise<Difference[]> {
  if (world.house.state !== "running") return [];
  const isFull = isOutside(at, "rejoining") || world.engine.isOver || world.engine.account === 0;
  const expected = isOutside(at, "isolated") ? "fleet" : isFull ? "server-cap" : null;
  if (isOutside(at, "leaving", "left")) return [];
  const { server: leased } = await world.metric("gatehouse_fleet_slots_leased", "cap");
  return [
    { of: "refusal", expected, actual: await world.refusal() },
    // What the engine counts and what the node uses.
    ...(isIn("connected.settled")(at) ? [{ of: "leased", expected: world.engine.account, actual: leased }] : []),
  ].filter((one) => one.expected !== one.actual);
}

export function fleetModel(): Model<FleetWorld> {
  return {
    machine: fleetMachine,
    input: { renewInterval, answerTimeout, retryInterval, leaseLeft },
    stimuli,
    async open(bench) {
      const world = new FleetWorld(bench);
      world.begin(world.house.start());
      await world.until(() => world.engine.question !== null);
      return world;
    },
    compare,
    mayPass: ({ delay }) => delay !== "leaseLeft",
  };
}
