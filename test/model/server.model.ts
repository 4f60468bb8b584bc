/** The server's chart, and how each of its events comes about. */
import type { AnyEventObject } from "xstate";
import { createGatehouse } from "../../src/index.ts";
import { serverMachine } from "../../src/machines/index.ts";
import {
  type Bench,
  type Difference,
  Driver,
  type Model,
  type Situation,
  type Stimulus,
} from "../../src/testing/index.ts";
import { talkListener } from "./listener-world.ts";
import { newTalk, streamProtocol, talkProtocol } from "./talk-protocol.ts";

export class ServerWorld extends Driver {
  /** How often the stream protocol was told that the server stops for good. */
  stops = 0;

  constructor(bench: Bench) {
    const talk = newTalk();
    const protocol = { ...streamProtocol(talk), stop: () => void this.stops++ };
    const config = { SystemSettings: { defaultHostname: "localhost" }, NetworkListener: [talkListener("talk")] };
    super(createGatehouse({ ...bench.options, config, protocols: [talkProtocol(talk), protocol], backend: {} }), bench);
  }

  /** Stops it, and goes on. */
  readonly drain = (): void => this.begin(this.gatehouse.stop());
  readonly stop = (): void => this.begin(this.gatehouse.stop({ wait: false }));
}

type ServerStimulus = Stimulus<ServerWorld>;

const outcome = (kind: "done" | "error", state: string): AnyEventObject => ({
  type: `xstate.${kind}.actor.0.server.${state}`,
});
const started = outcome("done", "starting");
/** What is kept closes at once here. */
const drained = [outcome("done", "draining"), outcome("done", "releasing")];
const drain = { type: "server.drain" };
const stop = { type: "server.stop" };

const notStarted = ({ snapshot, facts }: Situation): boolean => snapshot.value === "starting" && !facts.has("started");
const running = ({ snapshot }: Situation): boolean => snapshot.value === "running";
const inside = ({ facts }: Situation): boolean => facts.has("inside") && !facts.has("left");
const isDraining = ({ snapshot }: Situation): boolean => snapshot.value === "draining";

const stimuli: readonly ServerStimulus[] = [
  {
    name: "it starts",
    events: [started],
    possible: notStarted,
    leaves: ["started"],
    apply: (world) => world.gatehouse.start(),
  },
  {
    name: "it starts, and cannot listen",
    events: [outcome("error", "starting")],
    possible: notStarted,
    leaves: ["started"],
    async apply(world) {
      world.at({ chart: "listener", state: "binding.opening" }, () => world.exhaustDescriptors());
      await world.gatehouse.start().catch(() => world.freeDescriptors());
    },
  },
  ...(["addresses", "bound", "opening"] as const).flatMap((state): ServerStimulus[] => [
    {
      name: `it starts, and is told to drain when a listener comes to binding.${state}`,
      events: [drain, ...drained],
      possible: notStarted,
      leaves: ["started"],
      apply(world) {
        world.at({ chart: "listener", state: `binding.${state}` }, world.drain);
        world.begin(world.gatehouse.start());
      },
    },
    {
      name: `it starts, and is told to stop when a listener comes to binding.${state}`,
      events: [stop, ...drained],
      possible: notStarted,
      leaves: ["started"],
      apply(world) {
        world.at({ chart: "listener", state: `binding.${state}` }, world.stop);
        world.begin(world.gatehouse.start());
      },
    },
  ]),
  {
    name: "it starts, and is told to stop before it has done anything",
    events: [stop, ...drained],
    possible: notStarted,
    leaves: ["started"],
    apply(world) {
      world.begin(world.gatehouse.start());
      world.stop();
    },
  },
  {
    name: "a client comes, and has no time to leave",
    events: [],
    possible: (at) => running(at) && !at.facts.has("inside"),
    leaves: ["inside"],
    async apply(world) {
      const client = await world.connect();
      client.line("BUSY");
      await client.until("BUSY ok");
    },
  },
  {
    name: "the client leaves",
    events: (at) => (isDraining(at) ? drained : []),
    possible: (at) => inside(at) && at.snapshot.status === "active",
    leaves: ["left"],
    apply: (world) => world.client.leave(),
  },
  {
    name: "it is told to drain",
    events: (at) => (inside(at) || isDraining(at) ? [drain] : [drain, ...drained]),
    possible: (at) => running(at) || isDraining(at),
    apply: (world) => world.drain(),
  },
  {
    name: "it is told to stop",
    // The second time nobody is waited for any more.
    events: (at) => (inside(at) && !at.facts.has("stopped") ? [stop] : [stop, ...drained]),
    possible: (at) => running(at) || isDraining(at),
    leaves: ["stopped"],
    apply: (world) => world.stop(),
  },
  {
    name: "everybody's time passes",
    events: drained,
    possible: (at) => isDraining(at) && inside(at),
    apply(world) {
      world.bench.clock.advance(30_000);
      world.bench.clock.advance(5_000);
    },
  },
];

function compare(world: ServerWorld, { snapshot, facts }: Situation): Difference[] {
  if (!facts.has("started")) return [];
  const state = {
    of: "gatehouse.state",
    expected: snapshot.value as unknown,
    actual: world.gatehouse.state as unknown,
  };
  const stops = { of: "stops of the protocol", expected: snapshot.value === "stopped" ? 1 : 0, actual: world.stops };
  const open = {
    of: "listeners that are not closed",
    expected: snapshot.status === "active",
    actual:
      snapshot.status === "active" || world.gatehouse.listeners().some(({ state }) => !/closed|failed/.test(state)),
  };
  const protocolsWereMade =
    snapshot.value === "stopped" && world.bench.events.some(({ type }) => type === "server.running");
  return [state, ...(protocolsWereMade ? [stops] : []), open].filter(({ expected, actual }) => expected !== actual);
}

export function serverModel(): Model<ServerWorld> {
  return {
    machine: serverMachine,
    stimuli,
    async open(bench) {
      const world = new ServerWorld(bench);
      await world.prepareScarcity();
      return world;
    },
    compare,
    mayPass: ({ state }) => state !== "releasing",
  };
}
