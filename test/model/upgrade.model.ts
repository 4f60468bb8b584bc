/** The upgrade's chart, and how each of its events comes about. */
import type { AnyEventObject } from "xstate";
import { createGatehouse, type Gatehouse } from "../../src/index.ts";
import { upgradeMachine } from "../../src/machines/index.ts";
import {
  type Bench,
  type Difference,
  Driver,
  type Model,
  type Situation,
  type Stimulus,
} from "../../src/testing/index.ts";
import { talkListener } from "./listener-world.ts";
import { ScriptedStarts } from "./scripted-successor.ts";
import { newTalk, talkProtocol } from "./talk-protocol.ts";

const upgradeTimeout = 20_000;
const handOverTimeout = 10_000;

export class UpgradeWorld extends Driver {
  readonly house: Gatehouse;
  readonly starts: ScriptedStarts;
  /** How those who asked for an upgrade were answered: `accepts`, or the error's code. */
  readonly answers: string[] = [];

  constructor(bench: Bench) {
    const starts = new ScriptedStarts();
    const house = createGatehouse({
      ...bench.options,
      config: {
        SystemSettings: { defaultHostname: "localhost", upgradeTimeout },
        NetworkListener: [talkListener("talk"), talkListener("other")],
      },
      protocols: [talkProtocol(newTalk())],
      backend: {},
      predecessor: null,
      startSuccessor: starts.start,
    });
    super(house, bench);
    this.house = house;
    this.starts = starts;
  }

  upgrade(): void {
    this.begin(
      this.house.upgrade().then(
        () => this.answers.push("accepts"),
        (error: unknown) => this.answers.push(String(Reflect.get(Object(error), "code"))),
      ),
    );
  }

  readonly stop = (): void => this.begin(this.house.stop());
}

type UpgradeStimulus = Stimulus<UpgradeWorld>;

const outcome = (kind: "done" | "error", state: string): AnyEventObject => ({
  type: `xstate.${kind}.actor.0.upgrade.${state}`,
});
const passed = (delay: string, state: string): AnyEventObject => ({ type: `xstate.after.${delay}.upgrade.${state}` });
const started = outcome("done", "spawning");
const undone = outcome("done", "takingBack");
const drained = outcome("done", "draining");
const failed = { type: "successor.failed" };
const stops = { type: "upgrade.stop" };

const not = ({ facts }: Situation, name: string): boolean => !facts.has(name);
const isIn =
  (...states: readonly string[]) =>
  ({ snapshot, facts }: Situation): boolean =>
    facts.has("asked") && states.includes(String(snapshot.value));
const inside = ({ facts }: Situation): boolean => facts.has("inside") && !facts.has("left");

const stimuli: readonly UpgradeStimulus[] = [
  {
    name: "a client comes, and has no time to leave",
    events: [],
    possible: (at) => not(at, "asked") && not(at, "inside"),
    leaves: ["inside"],
    async apply(world) {
      const client = await world.connect("talk");
      client.line("BUSY");
      await client.until("BUSY ok");
    },
  },
  {
    name: "somebody asks for an upgrade",
    events: [started],
    possible: (at) => not(at, "asked"),
    leaves: ["asked"],
    apply: (world) => world.upgrade(),
  },
  {
    name: "somebody asks for an upgrade, and the program cannot be started",
    events: [outcome("error", "spawning"), undone],
    possible: (at) => not(at, "asked"),
    leaves: ["asked"],
    apply(world) {
      world.starts.fails = true;
      world.upgrade();
    },
  },
  {
    name: "somebody asks for an upgrade, and the server stops before the program has been started",
    events: [stops, undone],
    possible: (at) => not(at, "asked") && not(at, "inside"),
    leaves: ["asked", "stopped"],
    apply(world) {
      world.at({ chart: "upgrade", state: "spawning" }, world.stop);
      world.upgrade();
    },
  },
  {
    name: "somebody else asks for one, too",
    events: [],
    possible: isIn("warming", "handingOver"),
    once: true,
    apply: (world) => world.upgrade(),
  },
  {
    name: "the successor is ready",
    events: [{ type: "successor.ready" }],
    possible: isIn("warming"),
    apply: (world) => world.starts.successor.isReady(),
  },
  {
    name: "the successor says that it cannot",
    events: [failed, undone],
    possible: isIn("warming", "handingOver"),
    apply: (world) => world.starts.successor.say({ type: "failed", message: "The document is no document." }),
  },
  {
    name: "the successor ends",
    events: [failed, undone],
    possible: isIn("warming", "handingOver"),
    apply: (world) => world.starts.successor.end("it ended with exit status 1"),
  },
  {
    name: "the successor takes too long to be ready",
    events: [passed("upgradeTimeout", "warming"), undone],
    possible: isIn("warming"),
    apply: (world) => world.bench.clock.advance(upgradeTimeout),
  },
  {
    name: "the successor takes too long to accept",
    events: [passed("handOverTimeout", "handingOver"), undone],
    possible: isIn("handingOver"),
    apply: (world) => world.bench.clock.advance(handOverTimeout),
  },
  {
    name: "the successor accepts",
    events: (at) => [{ type: "successor.accepting" }, ...(inside(at) ? [] : [drained])],
    possible: isIn("handingOver"),
    async apply(world) {
      // It has been sent what was in memory.
      await world.until(() => world.starts.successor.heard.some(({ type }) => type === "takeOver"));
      world.starts.successor.say({ type: "accepting" });
    },
  },
  {
    name: "the client leaves",
    events: (at) => (isIn("draining")(at) ? [drained] : []),
    possible: (at) => inside(at) && (isIn("draining")(at) || isIn("warming")(at)),
    leaves: ["left"],
    apply: (world) => world.client.leave(),
  },
  {
    name: "the server stops",
    events: [stops, undone],
    possible: (at) => isIn("warming", "handingOver")(at) && !inside(at),
    leaves: ["stopped"],
    apply: (world) => world.stop(),
  },
];

/** Nobody accepts while it is handed over, and whoever asked has been answered once it is decided. */
function compare(world: UpgradeWorld, { snapshot, facts }: Situation): Difference[] {
  if (!facts.has("asked") || facts.has("stopped")) return [];
  const state = String(snapshot.value);
  const accepts = world.house.listeners().map((listener) => listener.state === "listening");
  const decided = { draining: ["accepts"], done: ["accepts"], failed: ["upgrade-failed"] }[state];
  const answers = world.answers.filter((answer) => answer !== "upgrade-under-way");
  return [
    ...(decided ? [{ of: "answers", expected: decided.join(), actual: answers.join() }] : []),
    ...(state === "warming" || state === "failed"
      ? [{ of: "accepts", expected: "true,true", actual: accepts.join() }]
      : []),
    ...(state === "handingOver" ? [{ of: "accepts", expected: "false,false", actual: accepts.join() }] : []),
  ].filter(({ expected, actual }) => expected !== actual);
}

export function upgradeModel(): Model<UpgradeWorld> {
  return {
    machine: upgradeMachine,
    input: { upgradeTimeout, handOverTimeout },
    stimuli,
    async open(bench) {
      const world = new UpgradeWorld(bench);
      await world.gatehouse.start();
      return world;
    },
    compare,
    mayPass: () => false,
  };
}
