/** The listener's chart, and how each of its events comes about. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { Subject } from "rxjs";
import type { AnyEventObject } from "xstate";
import { createGatehouse, type PressureSample } from "../../src/index.ts";
import { listenerMachine, type PauseReason } from "../../src/machines/index.ts";
import {
  type Bench,
  type Difference,
  Driver,
  type Model,
  type Situation,
  type Stimulus,
} from "../../src/testing/index.ts";
import { sample } from "../runtime/pressure/samples.ts";
import { newTalk, talkProtocol } from "./talk-protocol.ts";

const refusalTimeout = 1_000;
/** How often descriptors are looked for. */
const watchInterval = 500;
const shortestBackOff = 100;
const longestBackOff = 5_000;

/** Guards that ask the real world are answered by what a stimulus says of it. */
const machine = listenerMachine.provide({
  guards: {
    findsDescriptors: ({ event }) => Reflect.get(event, "found") === true,
    foundNoDescriptor: ({ event }) => Reflect.get(event, "lacking") === true,
  },
});

/** What a document has; the listeners hold their clients at the cap. */
interface Wanted {
  readonly main?: number | null;
  readonly others?: readonly object[];
  readonly system?: object;
  readonly drainTimeout?: number;
}

export class ListenerWorld extends Driver {
  readonly #drainTimeout: number;

  readonly #samples$: Subject<PressureSample>;

  constructor(bench: Bench, wanted: Wanted & { readonly drainTimeout: number }) {
    const samples$ = new Subject<PressureSample>();
    super(
      createGatehouse({
        ...bench.options,
        pressure: { samples$ },
        config: documentOf(wanted),
        protocols: [talkProtocol(newTalk())],
        backend: {},
      }),
      bench,
    );
    this.#drainTimeout = wanted.drainTimeout;
    this.#samples$ = samples$;
  }

  /** The process is under pressure from this very moment on, or no longer. */
  press(under: boolean): void {
    this.#samples$.next(sample({ descriptors: under ? 1_000 : 0 }));
  }

  async put(wanted: Wanted): Promise<void> {
    await this.gatehouse.reload(documentOf({ drainTimeout: this.#drainTimeout, ...wanted }));
  }

  /** A client who stays, whatever the server wishes. */
  async visitor(listener: string): Promise<void> {
    const client = await this.connect(listener);
    client.line("BUSY");
    await client.until("BUSY ok");
  }

  /** When something happens to the listener that is looked at. */
  when(state: string, act: () => void): void {
    this.at({ chart: "listener", state, id: this.followedId }, act);
  }

  followedId = "listener:main";

  /** The next look for descriptors. */
  get backOff(): number {
    const retries: number = this.followed?.snapshot.context.retries ?? 0;
    return Math.min(shortestBackOff * 2 ** retries, longestBackOff);
  }

  get backgroundSuspend(): () => void {
    return () => this.begin(this.gatehouse.suspend("main"));
  }

  get backgroundResume(): () => void {
    return () => this.begin(this.gatehouse.resume("main"));
  }

  get backgroundStop(): () => void {
    return () => this.begin(this.gatehouse.stop({ wait: false }));
  }
}

export function talkListener(name: string, fields: object = {}): object {
  return { name, protocol: "talk", bind: ["127.0.0.1:0"], useTls: false, atCapacity: "hold", ...fields };
}

function documentOf({
  main = 1,
  others = [talkListener("other")],
  system = {},
  drainTimeout = 30_000,
}: Wanted): object {
  const listeners = main === null ? others : [talkListener("main", { maxConnections: main }), ...others];
  return { SystemSettings: { defaultHostname: "localhost", drainTimeout, ...system }, NetworkListener: listeners };
}

type ListenerStimulus = Stimulus<ListenerWorld>;

const outcome = (kind: "done" | "error", state: string, more: object = {}): AnyEventObject => ({
  type: `xstate.${kind}.actor.0.listener.${state}`,
  ...more,
});

const addresses = outcome("done", "binding.addresses");
/** What a listener that holds is told first: nobody is inside, and there is no pressure. */
const bound = [{ type: "capacity.freed" }, { type: "pressure.ended" }, addresses];
const listen = { type: "listener.listen" };
const opened = outcome("done", "binding.opening");
const paused = outcome("done", "paused.pausing");
const resumed = outcome("done", "paused.resuming");
const refused = outcome("done", "draining.refusing");
const none = { type: "connections.none" };
const suspend = { type: "listener.suspend" };
const resume = { type: "listener.resume" };
const reached = { type: "capacity.reached" };
const freed = { type: "capacity.freed" };
const exhausted = { type: "descriptors.exhausted" };
const retryInVain = { type: "descriptors.retry" };
const retryFinds = { type: "descriptors.retry", found: true };
const began = { type: "pressure.began" };
const ended = { type: "pressure.ended" };
const drain = { type: "listener.drain" };
const stop = { type: "listener.stop" };

const listening = ({ snapshot }: Situation): boolean => snapshot.value === "listening";
const held = ({ snapshot }: Situation): boolean => snapshot.matches({ paused: "held" });
const waiting = ({ snapshot }: Situation): boolean => snapshot.matches({ draining: "waiting" });
const reasons = ({ snapshot }: Situation): readonly PauseReason[] => snapshot.context.pausedBy;
const has = ({ facts }: Situation, ...names: string[]): boolean => names.every((name) => facts.has(name));
/** A client is inside, and stays. */
const inside = (at: Situation): boolean => has(at, "inside") && !has(at, "left");
const lacks = (at: Situation): boolean => has(at, "scarce") && !has(at, "plenty");
/** The reasons that are left when this one is gone; when there is none, the sockets open again. */
const without = (at: Situation, reason: PauseReason, event: AnyEventObject): AnyEventObject[] =>
  reasons(at).some((other) => other !== reason) ? [event] : [event, resumed];
const rests = (at: Situation): boolean => listening(at) || held(at);
const pauses = (at: Situation, event: AnyEventObject): AnyEventObject[] => (held(at) ? [event] : [event, paused]);
const ends = (at: Situation, event: AnyEventObject): AnyEventObject[] =>
  inside(at) ? [event, refused] : [event, refused, none];
const plain = (at: Situation): boolean => !has(at, "scarce") && !has(at, "queued");

export const start: ListenerStimulus = {
  name: "the server starts",
  events: [...bound, listen, opened],
  possible: (at) => at.snapshot.matches({ binding: "addresses" }) && !has(at, "started"),
  leaves: ["started"],
  apply: (world) => world.gatehouse.start(),
};

const startsThatFail: readonly ListenerStimulus[] = [
  ...(["addresses", "bound", "opening"] as const).map(
    (state): ListenerStimulus => ({
      name: `the server starts, and is stopped when the listener comes to binding.${state}`,
      events: [...{ addresses: [], bound, opening: [...bound, listen] }[state], stop],
      possible: (at) => at.snapshot.matches({ binding: "addresses" }) && !has(at, "started"),
      leaves: ["started"],
      apply(world) {
        world.when(`binding.${state}`, world.backgroundStop);
        world.begin(world.gatehouse.start());
      },
    }),
  ),
  {
    name: "the server starts, and descriptors run out when the listener opens",
    events: [...bound, listen, outcome("error", "binding.opening")],
    possible: (at) => at.snapshot.matches({ binding: "addresses" }) && !has(at, "started"),
    leaves: ["started"],
    async apply(world) {
      world.when("binding.opening", () => world.exhaustDescriptors());
      world.begin(world.gatehouse.start());
      await world.until(() => world.gatehouse.state === "failed");
      world.freeDescriptors();
    },
  },
];

const suspension: readonly ListenerStimulus[] = [
  {
    name: "the embedder suspends it",
    events: (at) => pauses(at, suspend),
    possible: (at) => rests(at) && !has(at, "queued"),
    apply: (world) => world.gatehouse.suspend("main"),
  },
  {
    name: "the embedder resumes it",
    events: (at) => (held(at) ? without(at, "suspended", resume) : [resume]),
    possible: (at) => rests(at) && !lacks(at) && !has(at, "queued"),
    apply: (world) => world.gatehouse.resume("main"),
  },
  {
    name: "the embedder resumes it, and there is no descriptor to accept with",
    events: [resume, outcome("error", "paused.resuming", { lacking: true }), paused],
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    leaves: ["scarce"],
    async apply(world) {
      world.exhaustDescriptors();
      await world.gatehouse.resume("main");
    },
  },
];

const waits: ListenerStimulus = {
  name: "a client comes while nobody is let in, and waits in the kernel's queue",
  events: [],
  possible: (at) => held(at) && plain(at) && !has(at, "queued"),
  leaves: ["queued"],
  async apply(world) {
    const told = world.bench.events.length;
    const client = await world.connect(world.followedId.replace("listener:", ""));
    await world.turn(10);
    const [heard] = world.bench.events.slice(told);
    if (heard) throw new Error(`The client was not left in the queue: ${heard.type}.`);
    if (client.view !== "open") throw new Error(`The client was turned away: ${client.view}.`);
  },
};

const capacity: readonly ListenerStimulus[] = [
  {
    name: "a client comes, and stays",
    events: (at) => (has(at, "raised") ? [] : [reached, paused]),
    possible: (at) => listening(at) && plain(at) && !has(at, "inside"),
    leaves: ["inside"],
    apply: (world) => world.visitor("main"),
  },
  {
    name: "the client leaves",
    events(at) {
      if (waiting(at)) return [none];
      return reasons(at).includes("at-capacity") ? without(at, "at-capacity", freed) : [];
    },
    possible: (at) => inside(at) && (waiting(at) || rests(at)) && !lacks(at) && !has(at, "queued"),
    leaves: ["left"],
    apply: (world) => world.client.leave(),
  },
  waits,
  {
    name: "a reload raises the cap",
    events: (at) => (held(at) && reasons(at).includes("at-capacity") ? without(at, "at-capacity", freed) : [freed]),
    possible: (at) => rests(at) && !has(at, "raised") && plain(at),
    leaves: ["raised"],
    apply: (world) => world.put({ main: 2 }),
  },
  {
    name: "a reload lowers the cap again, to those who are inside",
    events: (at) => pauses(at, reached),
    possible: (at) => rests(at) && has(at, "raised") && !has(at, "lowered") && inside(at) && plain(at),
    leaves: ["lowered"],
    apply: (world) => world.put({ main: 1 }),
  },
];

const descriptors: readonly ListenerStimulus[] = [
  {
    name: "descriptors run out",
    events: (at) => pauses(at, exhausted),
    possible: (at) => rests(at) && plain(at),
    leaves: ["scarce"],
    apply(world) {
      world.exhaustDescriptors();
      world.bench.clock.advance(watchInterval);
    },
  },
  {
    name: "the back-off passes in vain",
    events: [retryInVain],
    possible: (at) => held(at) && lacks(at) && at.snapshot.context.retries < 3,
    apply: (world) => world.bench.clock.advance(world.backOff),
  },
  {
    name: "descriptors are still looked for in vain",
    events: [exhausted],
    possible: (at) => held(at) && lacks(at),
    once: true,
    apply: (world) => world.bench.clock.advance(watchInterval),
  },
  {
    name: "descriptors are there again when the back-off passes",
    events: (at) => without(at, "no-descriptors", retryFinds),
    possible: (at) => held(at) && lacks(at) && !has(at, "queued"),
    leaves: ["plenty"],
    apply(world) {
      world.freeDescriptors();
      world.bench.clock.advance(world.backOff);
    },
  },
];

const pressure: readonly ListenerStimulus[] = [
  {
    name: "the process comes under pressure",
    events: (at) => pauses(at, began),
    possible: (at) => rests(at) && plain(at) && !has(at, "pressed"),
    leaves: ["pressed"],
    apply: (world) => world.press(true),
  },
  {
    name: "the pressure ends",
    events: (at) => without(at, "under-pressure", ended),
    possible: (at) => held(at) && reasons(at).includes("under-pressure") && !lacks(at) && !has(at, "queued"),
    leaves: ["relieved"],
    apply: (world) => world.press(false),
  },
  {
    name: "pressure comes and goes while it pauses",
    events: [suspend, began, ended, paused],
    possible: (at) => listening(at) && plain(at),
    apply(world) {
      world.when("paused.pausing", () => {
        world.press(true);
        world.press(false);
      });
      world.backgroundSuspend();
    },
  },
  {
    name: "pressure comes while it opens",
    events: [resume, began, paused],
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended" && !has(at, "pressed"),
    leaves: ["pressed"],
    apply(world) {
      world.when("paused.resuming", () => world.press(true));
      world.backgroundResume();
    },
  },
  {
    name: "pressure ends, comes back and ends while it opens",
    events: [ended, began, ended, paused, resumed],
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "under-pressure",
    leaves: ["relieved"],
    apply(world) {
      world.when("paused.resuming", () => {
        world.press(true);
        world.press(false);
      });
      world.press(false);
    },
  },
];

const end: readonly ListenerStimulus[] = [
  {
    name: "the server drains",
    events: (at) => ends(at, drain),
    possible: (at) => rests(at) && plain(at),
    apply: (world) => world.begin(world.gatehouse.stop()),
  },
  {
    name: "a reload removes it",
    events: (at) => ends(at, drain),
    possible: (at) => rests(at) && plain(at),
    apply: (world) => world.put({ main: null }),
  },
  {
    name: "the server stops at once",
    events: (at) => (waiting(at) ? [stop, ...(has(at, "stopped") ? [none] : [])] : ends(at, stop)),
    possible: (at) => (rests(at) && !has(at, "queued")) || waiting(at),
    leaves: ["stopped"],
    apply: (world) => world.backgroundStop(),
  },
];

/** Moments that last no longer than some microtasks: whoever wants to meet them has to be told of them. */
const moments: readonly ListenerStimulus[] = [
  {
    name: "the embedder suspends it, and resumes it while it pauses",
    events: [suspend, resume, paused, resumed],
    possible: (at) => listening(at) && plain(at),
    async apply(world) {
      world.when("paused.pausing", world.backgroundResume);
      await world.gatehouse.suspend("main");
    },
  },
  {
    name: "the embedder suspends it twice at once",
    events: [suspend, suspend, paused],
    possible: (at) => listening(at) && plain(at),
    async apply(world) {
      world.when("paused.pausing", world.backgroundSuspend);
      await world.gatehouse.suspend("main");
    },
  },
  {
    name: "the embedder suspends it, and stops the server while it pauses",
    events: (at) => ends(at, { type: "listener.suspend" }).toSpliced(1, 0, stop),
    possible: (at) => listening(at) && plain(at),
    leaves: ["stopped"],
    apply(world) {
      world.when("paused.pausing", world.backgroundStop);
      world.backgroundSuspend();
    },
  },
  {
    name: "descriptors run out, are looked for and run out again while it pauses",
    events: [suspend, exhausted, retryInVain, exhausted, paused],
    possible: (at) => listening(at) && plain(at),
    leaves: ["scarce"],
    apply(world) {
      world.exhaustDescriptors();
      world.when("paused.pausing", () => queueMicrotask(() => world.bench.clock.advance(2 * watchInterval)));
      world.backgroundSuspend();
    },
  },
  {
    name: "descriptors run out, and are there again while it pauses",
    events: [suspend, exhausted, retryFinds, paused],
    possible: (at) => listening(at) && plain(at),
    apply(world) {
      world.exhaustDescriptors();
      world.when("paused.pausing", () =>
        queueMicrotask(() => {
          world.bench.clock.advance(watchInterval);
          world.freeDescriptors();
          world.bench.clock.advance(shortestBackOff);
        }),
      );
      world.backgroundSuspend();
    },
  },
  {
    name: "a reload raises the cap while it pauses",
    events: [suspend, freed, paused],
    possible: (at) => listening(at) && plain(at) && !has(at, "raised"),
    leaves: ["raised"],
    async apply(world) {
      world.at({ chart: "reload", state: "swapping" }, world.backgroundSuspend);
      await world.put({ main: 2 });
    },
  },
  {
    name: "a reload lowers the cap while it pauses",
    events: [suspend, reached, paused],
    possible: (at) => listening(at) && plain(at) && inside(at) && has(at, "raised") && !has(at, "lowered"),
    leaves: ["lowered"],
    async apply(world) {
      world.at({ chart: "reload", state: "swapping" }, world.backgroundSuspend);
      await world.put({ main: 1 });
    },
  },
  {
    name: "a reload removes it while it pauses",
    events: (at) => ends(at, drain).toSpliced(0, 0, exhausted),
    possible: (at) => listening(at) && plain(at),
    async apply(world) {
      world.at({ chart: "reload", state: "retiring" }, () => {
        world.exhaustDescriptors();
        world.bench.clock.advance(watchInterval);
        world.freeDescriptors();
      });
      await world.put({ main: null });
    },
  },
  {
    name: "the embedder resumes it, and suspends it while it opens",
    events: [resume, suspend, paused],
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    async apply(world) {
      world.when("paused.resuming", world.backgroundSuspend);
      await world.gatehouse.resume("main");
    },
  },
  {
    name: "the embedder resumes it twice at once",
    events: [resume, resume, resumed],
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    async apply(world) {
      world.when("paused.resuming", world.backgroundResume);
      await world.gatehouse.resume("main");
    },
  },
  {
    name: "the embedder resumes it, and stops the server while it opens",
    events: (at) => ends(at, resume).toSpliced(1, 0, stop),
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    leaves: ["stopped"],
    apply(world) {
      world.when("paused.resuming", world.backgroundStop);
      world.backgroundResume();
    },
  },
  {
    name: "the embedder resumes it, and descriptors run out while it opens",
    events: [resume, exhausted, paused],
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    leaves: ["scarce"],
    apply(world) {
      world.when("paused.resuming", () => {
        world.exhaustDescriptors();
        world.bench.clock.advance(watchInterval);
      });
      world.backgroundResume();
    },
  },
  {
    name: "a reload raises the cap while it opens",
    events: [resume, freed, resumed],
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended" && !has(at, "raised"),
    leaves: ["raised"],
    async apply(world) {
      world.at({ chart: "reload", state: "swapping" }, world.backgroundResume);
      await world.put({ main: 2 });
    },
  },
  {
    name: "a reload lowers the cap while it opens",
    events: [resume, reached, paused],
    possible: (at) =>
      held(at) &&
      plain(at) &&
      reasons(at).join() === "suspended" &&
      inside(at) &&
      has(at, "raised") &&
      !has(at, "lowered"),
    leaves: ["lowered"],
    async apply(world) {
      world.at({ chart: "reload", state: "swapping" }, world.backgroundResume);
      await world.put({ main: 1 });
    },
  },
  {
    name: "a reload removes it while it opens, descriptors being there again",
    events: (at) => ends(at, drain).toSpliced(0, 0, retryFinds),
    possible: (at) => held(at) && lacks(at) && !has(at, "queued") && reasons(at).join() === "no-descriptors",
    leaves: ["plenty"],
    async apply(world) {
      world.freeDescriptors();
      world.at({ chart: "reload", state: "retiring" }, () => world.bench.clock.advance(world.backOff));
      await world.put({ main: null });
    },
  },
];

/** Clients wait in the kernel's queue of a suspended listener that ends. */
const queues: readonly ListenerStimulus[] = [
  {
    name: "it drains with a client in its queue, and there is no descriptor to say so with",
    events: (at) => ends(at, drain).toSpliced(1, 1, outcome("error", "draining.refusing")),
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    async apply(world) {
      await world.connect("main");
      world.exhaustDescriptors();
      world.begin(world.gatehouse.stop());
    },
  },
  {
    name: "it drains with a client in its queue, and that takes its time",
    events: (at) => ends(at, drain).toSpliced(1, 1, { type: "xstate.after.refusalTimeout.listener.draining.refusing" }),
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    async apply(world) {
      world.when("draining.refusing", () => queueMicrotask(() => world.bench.clock.advance(refusalTimeout)));
      await world.connect("main");
      world.begin(world.gatehouse.stop());
    },
  },
  {
    name: "it drains with a client in its queue, and the server stops at once meanwhile",
    events: (at) => ends(at, drain).toSpliced(1, 0, stop),
    possible: (at) => held(at) && plain(at) && reasons(at).join() === "suspended",
    leaves: ["stopped"],
    async apply(world) {
      world.when("draining.refusing", world.backgroundStop);
      await world.connect("main");
      world.begin(world.gatehouse.stop());
    },
  },
];

/** The listener is found by name, and says why it does not accept. */
function compare(world: ListenerWorld, { snapshot }: Situation): Difference[] {
  const status = world.gatehouse.listeners().find(({ name }) => `listener:${name}` === world.followedId);
  if (!status || snapshot.status !== "active") return [];
  const expected = snapshot.matches("paused") ? [...snapshot.context.pausedBy].toSorted() : [];
  const actual = [...status.pausedBy].toSorted();
  return JSON.stringify(expected) === JSON.stringify(actual) ? [] : [{ of: "pausedBy", expected, actual }];
}

interface ListenerModelOptions {
  readonly drainTimeout?: number;
  readonly stimuli?: readonly ListenerStimulus[];
}

export function listenerModel({ drainTimeout = 30_000, stimuli }: ListenerModelOptions = {}): Model<ListenerWorld> {
  return {
    machine,
    input: { drainTimeout, refusalTimeout },
    stimuli: stimuli ?? [
      start,
      ...startsThatFail,
      ...suspension,
      ...capacity,
      ...descriptors,
      ...pressure,
      ...end,
      ...moments,
      ...queues,
    ],
    async open(bench) {
      const world = new ListenerWorld(bench, { drainTimeout });
      await world.prepareScarcity();
      return world;
    },
    follows: (id) => id === "listener:main",
    context: ["pausedBy"],
    compare,
    mayPass: ({ state }, at) => state === "draining" && inside(at) && !has(at, "stopped"),
  };
}

/** A drain that is shorter than the time to refuse those who wait. */
export function hastyModel(): Model<ListenerWorld> {
  const hasty: ListenerStimulus = {
    name: "it drains with a client in its queue for longer than drainTimeout",
    events: (at) => ends(at, drain).toSpliced(1, 0, { type: "xstate.after.drainTimeout.listener.draining" }),
    possible: (at) => held(at),
    async apply(world) {
      world.when("draining.refusing", () => queueMicrotask(() => world.bench.clock.advance(refusalTimeout / 2)));
      await world.connect("main");
      world.begin(world.gatehouse.stop());
    },
  };
  const [first] = suspension;
  return {
    ...listenerModel({ drainTimeout: refusalTimeout / 2, stimuli: [start, ...(first ? [first] : []), hasty] }),
    mayPass: () => false,
  };
}

/** Two listeners want one address that cannot be shared. */
export function takenAddressModel(): Model<ListenerWorld> {
  return {
    ...listenerModel({
      stimuli: [
        {
          name: "the server starts on an address that somebody has",
          events: [outcome("error", "binding.addresses")],
          possible: (at) => !has(at, "started"),
          leaves: ["started"],
          apply: (world) => world.begin(world.gatehouse.start()),
        },
      ],
    }),
    async open(bench) {
      const somebody = new Somebody();
      const port = await somebody.listen();
      const world = new TakenAddressWorld(bench, { drainTimeout: 1_000, somebody, port });
      return world;
    },
    follows: (id) => id === "listener:taken",
    mayPass: () => false,
  };
}

/** Has a port of loopback, and shares it with nobody. */
class Somebody {
  readonly #server = createServer();

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }
}

class TakenAddressWorld extends ListenerWorld {
  readonly #somebody: Somebody;

  constructor(
    bench: Bench,
    { somebody, port, drainTimeout }: { somebody: Somebody; port: number; drainTimeout: number },
  ) {
    super(bench, { main: null, drainTimeout, others: [talkListener("taken", { bind: [`127.0.0.1:${port}`] })] });
    this.#somebody = somebody;
    this.followedId = "listener:taken";
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#somebody.close();
  }
}

/** A listener that a reload adds to a server of few places. */
export function addedModel(): Model<ListenerWorld> {
  const others = [talkListener("old"), talkListener("added")];
  const add = (maxConnections: number): Wanted => ({ system: { maxConnections }, main: null, others });
  const stimulus = (name: string, given: Pick<ListenerStimulus, "events" | "apply">): ListenerStimulus => ({
    name,
    ...given,
    possible: (at) => !has(at, "added"),
    leaves: ["added"],
  });
  const begins = outcome("done", "binding.addresses");
  const stimuli: ListenerStimulus[] = [
    waits,
    stimulus("a reload adds it", { events: [...bound, listen, opened], apply: (world) => world.put(add(1)) }),
    stimulus("a reload adds it to a server that is full", {
      events: [reached, ended, begins, listen, opened, paused],
      async apply(world) {
        await world.visitor("old");
        await world.put(add(1));
      },
    }),
    stimulus("a reload adds it to a server that is full, and makes more room", {
      events: [reached, ended, begins, freed, listen, opened],
      async apply(world) {
        await world.visitor("old");
        await world.put(add(2));
      },
    }),
    stimulus("a reload adds it to a server that has room, and lowers the cap to those who are inside", {
      events: [freed, ended, begins, reached, listen, opened, paused],
      async apply(world) {
        await world.put({ system: { maxConnections: 2 }, main: null, others: [talkListener("old")] });
        await world.visitor("old");
        await world.put(add(1));
      },
    }),
    stimulus("a reload adds it to a server that is full, and a place is free when it opens", {
      events: [reached, ended, begins, listen, freed, opened],
      async apply(world) {
        const client = await world.connect("old");
        client.line("QUIT");
        await client.untilEnd();
        world.when("binding.opening", () => world.bench.clock.advance(5_000));
        await world.put(add(1));
      },
    }),
    stimulus("a reload adds it under pressure", {
      events: [freed, began, begins, listen, opened, paused],
      async apply(world) {
        world.press(true);
        await world.put(add(1));
      },
    }),
    ...(["bound", "opening"] as const).flatMap((state): ListenerStimulus[] => [
      stimulus(`a reload adds it, and pressure comes when it is at binding.${state}`, {
        events: state === "bound" ? [...bound, began, listen, opened, paused] : [...bound, listen, began, paused],
        async apply(world) {
          world.when(`binding.${state}`, () => world.press(true));
          await world.put(add(1));
        },
      }),
      stimulus(`a reload adds it under pressure, which ends when it is at binding.${state}`, {
        events:
          state === "bound"
            ? [freed, began, begins, ended, listen, opened]
            : [freed, began, begins, listen, ended, opened],
        async apply(world) {
          world.press(true);
          world.when(`binding.${state}`, () => world.press(false));
          await world.put(add(1));
        },
      }),
    ]),
    {
      ...stimulus("a reload adds it, and descriptors run out when it opens", {
        events: [...bound, listen, exhausted, paused],
        async apply(world) {
          world.when("binding.opening", () => {
            world.exhaustDescriptors();
            world.bench.clock.advance(watchInterval);
          });
          await world.put(add(1));
        },
      }),
      leaves: ["added", "scarce"],
    },
    stimulus("a reload adds it, and is undone because another listener cannot be bound", {
      events: [...bound, stop],
      async apply(world) {
        const somebody = new Somebody();
        const port = await somebody.listen();
        const taken = talkListener("taken", { bind: [`127.0.0.1:${port}`] });
        await world.put({ ...add(1), others: [...others, taken] }).catch(() => {});
        await somebody.close();
      },
    }),
  ];
  return {
    ...listenerModel({ stimuli }),
    async open(bench) {
      const old = { system: { maxConnections: 1 }, main: null, others: [talkListener("old")] };
      const world = new ListenerWorld(bench, { ...old, drainTimeout: 30_000 });
      world.followedId = "listener:added";
      await world.prepareScarcity();
      await world.gatehouse.start();
      return world;
    },
    follows: (id) => id === "listener:added",
    mayPass: () => false,
  };
}
