/** The chart of a worker, and how each of its events comes about. */
import { Registry } from "prom-client";
import type { AnyEventObject } from "xstate";
import { type Configuration, parseDocument } from "../../src/config/index.ts";
import { workerMachine } from "../../src/machines/index.ts";
import { ChartFlows } from "../../src/runtime/observe/chart-flows.ts";
import { Lifecycle } from "../../src/runtime/observe/lifecycle.ts";
import { noCertificates } from "../../src/runtime/tls/server-certificates.ts";
import { WorkerPool } from "../../src/runtime/workers/worker-pool.ts";
import {
  type Bench,
  type Difference,
  Driver,
  type Instance,
  type Model,
  type Situation,
  type Stimulus,
} from "../../src/testing/index.ts";
import { ScriptedThread } from "./scripted-thread.ts";

/** Both workers have one client, so that whatever a dead one keeps is missed. */
const clients = 2;
const followed = 2;

const documentOf = (workers: number): Configuration =>
  parseDocument({
    SystemSettings: { defaultHostname: "localhost", workers, maxConnections: clients },
    NetworkListener: [{ name: "talk", protocol: "http", bind: ["127.0.0.1:0"], useTls: false }],
  });
const [one, both] = [documentOf(1), documentOf(2)];

export class WorkerWorld extends Driver {
  readonly pool: WorkerPool;
  readonly threads: ScriptedThread[] = [];
  /** Whether the last observer of the slots heard that they are all taken. */
  isFull = false;
  generation = 1;
  configuration = both;
  hasFailed = false;

  constructor(bench: Bench) {
    const lifecycle = new Lifecycle();
    const pool = new WorkerPool({
      count: ({ system }) => Number(system.workers),
      lendMail: () => null,
      lendFleet: () => null,
      inFleet: false,
      begin: (start, owner) => {
        const thread = new ScriptedThread(start, owner);
        this.threads.push(thread);
        // The other one has no troubles of its own.
        if (start.worker !== followed) {
          thread.prepare();
          thread.serve();
        }
        return thread;
      },
      notices: [],
      clock: bench.clock,
      given: { module: null, dataDirectory: "", lifecycle: "compiled", pressure: false },
      serves: () => false,
    });
    super(instanceOf(pool, lifecycle), bench);
    this.pool = pool;
    const world = this;
    pool.memory.own.slots.limit = clients;
    pool.memory.own.slots.observe({
      full: () => {
        this.isFull = true;
      },
      free: () => {
        this.isFull = false;
      },
    });
    const server = {
      ...{ lifecycle, flows: new ChartFlows(), inspect: bench.options.inspect },
      ticketSecret: new Uint8Array(32),
      certificates: noCertificates,
      listeners: [],
      get configuration() {
        return world.configuration;
      },
      get generation() {
        return world.generation;
      },
      idPrefix: "model-",
      blocked: () => [],
      failed: () => {
        this.hasFailed = true;
      },
    };
    this.begin(
      pool
        .start(server)
        .catch(() => {})
        .then(() => pool.serve()),
    );
  }

  /** The latest thread of the followed worker. */
  get thread(): ScriptedThread {
    const thread = this.threads.findLast(({ worker }) => worker === followed);
    if (!thread) throw new Error("There is no thread yet.");
    return thread;
  }

  async hasThread(): Promise<void> {
    await this.until(() => this.threads.some(({ worker, hasEnded }) => worker === followed && !hasEnded));
  }

  /** As a reload does it. @returns whether the document is in force */
  async reload(document: Configuration): Promise<boolean> {
    try {
      await this.pool.stage(document, { certificates: noCertificates, listeners: [] });
    } catch {
      await this.pool.discard();
      return false;
    }
    this.configuration = document;
    this.generation += 1;
    await this.pool.swap();
    await this.pool.retire(document);
    return true;
  }
}

function instanceOf(pool: WorkerPool, lifecycle: Lifecycle): Instance {
  return {
    state: "running",
    configuration: { system: { maxConnections: clients }, listeners: [] },
    lifecycle$: lifecycle.events$,
    metrics: { registry: new Registry() },
    start: async () => {},
    stop: () => pool.stop({ wait: false }),
    reload: async () => {},
    suspend: async () => {},
    resume: async () => {},
    listeners: () => [],
    connections: () => [],
  };
}

const outcome = (kind: "done" | "error", state: string): AnyEventObject => ({
  type: `xstate.${kind}.actor.0.worker.${state}`,
});
const lost = { type: "thread.lost", error: null };
const drains = { type: "worker.drain" };
const stops = { type: "worker.stop" };

const isIn =
  (...states: readonly string[]) =>
  ({ snapshot }: Situation): boolean =>
    states.includes(String(snapshot.value));

const stimuli: readonly Stimulus<WorkerWorld>[] = [
  {
    name: "the thread has prepared everything",
    events: [outcome("done", "starting")],
    possible: isIn("starting"),
    async apply(world) {
      await world.hasThread();
      world.thread.prepare();
    },
  },
  {
    name: "the thread cannot prepare",
    events: [outcome("error", "starting")],
    possible: isIn("starting"),
    async apply(world) {
      await world.hasThread();
      world.thread.failToPrepare();
    },
  },
  {
    name: "the thread serves",
    events: [outcome("done", "opening")],
    possible: isIn("opening"),
    apply: (world) => world.thread.serve(),
  },
  {
    name: "the thread cannot serve",
    events: [outcome("error", "opening")],
    possible: isIn("opening"),
    apply: (world) => world.thread.fail(),
  },
  {
    name: "the thread dies",
    events: [lost],
    possible: isIn("starting", "opening", "running"),
    async apply(world) {
      await world.hasThread();
      world.thread.die();
    },
  },
  {
    name: "the thread dies before its sessions have finished",
    events: [outcome("error", "draining")],
    possible: isIn("draining"),
    apply: (world) => world.thread.die(),
  },
  {
    name: "the sessions finish",
    events: [outcome("done", "draining")],
    possible: isIn("draining"),
    apply: (world) => world.thread.finish(),
  },
  {
    name: "another document comes into force",
    events: [],
    possible: isIn("running", "draining"),
    once: true,
    async apply(world) {
      if (!(await world.reload(world.situation && isIn("draining")(world.situation) ? one : both)))
        throw new Error("It did not come into force.");
    },
  },
  {
    name: "another document comes that one worker cannot prepare, and then one that it can",
    events: [],
    possible: isIn("running"),
    once: true,
    async apply(world) {
      world.thread.cannotStage = true;
      if (await world.reload(both)) throw new Error("It came into force.");
      world.thread.cannotStage = false;
      if (!(await world.reload(both))) throw new Error("It did not come into force.");
    },
  },
  {
    name: "another document comes that one worker cannot put into force",
    events: [lost],
    possible: isIn("running"),
    apply(world) {
      world.thread.cannotSwap = true;
      world.begin(world.reload(both));
    },
  },
  {
    name: "one worker is enough for the next document",
    events: [drains],
    possible: isIn("running", "starting", "opening", "replaced"),
    leaves: ["let go"],
    async apply(world) {
      if (world.situation && isIn("starting")(world.situation)) await world.hasThread();
      world.begin(world.pool.retire(one));
    },
  },
  {
    name: "the server stops at once",
    events: [stops],
    possible: isIn("starting", "opening", "running", "replaced", "draining"),
    leaves: ["stopped"],
    async apply(world) {
      if (world.situation && isIn("starting")(world.situation)) await world.hasThread();
      world.begin(world.pool.stop({ wait: false }));
    },
  },
];

/** Who has died, or was let go, keeps nothing; who serves follows the document in force. */
async function compare(world: WorkerWorld, { snapshot, facts }: Situation): Promise<Difference[]> {
  const state = String(snapshot.value);
  const serves = state === "opening" || state === "running" || state === "draining";
  const other = world.threads.filter(({ worker, hasEnded }) => worker !== followed && !hasEnded);
  const taken = (serves ? 1 : 0) + other.length;
  const alive = world.threads.filter(({ worker, hasEnded }) => worker === followed && !hasEnded).length;
  const generations = [...other, ...(state === "running" ? [world.thread] : [])].map(({ generation }) => generation);
  return [
    { of: "slots", expected: taken, actual: world.pool.memory.own.slots.taken },
    { of: "full", expected: taken === clients, actual: world.isFull },
    ...(state === "starting" ? [] : [{ of: "threads", expected: serves ? 1 : 0, actual: alive }]),
    ...(facts.has("stopped") ? [{ of: "others", expected: 0, actual: other.length }] : []),
    { of: "documents", expected: generations.map(() => world.generation).join(), actual: generations.join() },
    { of: "failed", expected: state === "failed", actual: world.hasFailed },
  ].filter(({ expected, actual }) => expected !== actual);
}

export function workerModel(): Model<WorkerWorld> {
  return {
    machine: workerMachine,
    stimuli,
    follows: (id) => id === `worker:${followed}`,
    context: ["losses"],
    open: (bench) => new WorkerWorld(bench),
    compare,
  };
}
