/** Nodes of one fleet whose slots are taken by several threads, which here are one: what they share is the same. */
import { setImmediate as turn } from "node:timers/promises";
import { ChallengeAnswers } from "../../src/runtime/acme/challenge-answers.ts";
import { FleetNode } from "../../src/runtime/fleet/fleet-node.ts";
import type { NodeFacts } from "../../src/runtime/fleet/node-facts.ts";
import { ChartFlows } from "../../src/runtime/observe/chart-flows.ts";
import { Lifecycle } from "../../src/runtime/observe/lifecycle.ts";
import type { Clock } from "../../src/runtime/time/clock.ts";
import { MainMemory, WorkerMemory } from "../../src/runtime/workers/worker-memory.ts";
import { TestClock } from "../../src/testing/index.ts";
import { type EngineLine, WalkedEngine, type WalkedServer } from "./walked-engine.ts";

export const leaseTime = 6_000;
/** Longer than a client waits for a slot, and than a node asks for none after it has been refused one, in milliseconds. */
const settled = 700;
/** Less than a client waits. */
const glance = 50;
const threads = [1, 2] as const;

export type ThreadName = (typeof threads)[number];

export class WalkedThreads {
  readonly engine: WalkedEngine;
  readonly clock = new TestClock();
  readonly a: LendingNode;
  readonly b: LendingNode;

  private constructor(engine: WalkedEngine, cap: number) {
    this.engine = engine;
    const node = (name: string) => new LendingNode(name, { clock: this.clock, line: engine.line(), cap, engine });
    [this.a, this.b] = [node("a"), node("b")];
  }

  /** @param prefix of no other walk on this server */
  static async open(server: WalkedServer, { prefix, cap }: { readonly prefix: string; readonly cap: number }) {
    const fleet = new WalkedThreads(await WalkedEngine.open(server, prefix), cap);
    for (const node of [fleet.a, fleet.b]) await node.start();
    await fleet.pass(settled);
    return fleet;
  }

  get nodes(): readonly LendingNode[] {
    return [this.a, this.b];
  }

  /** A client is let in, or refused, whatever that takes. @returns whether it was let in */
  async comes(node: LendingNode, thread: ThreadName): Promise<boolean> {
    return this.answered(node.begins(thread));
  }

  /** @returns whether a client that waits is let in */
  async answered(waiting: WaitingClient): Promise<boolean> {
    for (let passed = 0; waiting.said === null && passed < 2 * settled; passed += glance) {
      await this.pass(glance);
      waiting.look();
    }
    return waiting.said ?? false;
  }

  /** Lets time pass, each moment with all that comes of it. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.clock.now() + milliseconds;
    await this.quiet();
    for (;;) {
      const [next] = this.clock.pending;
      if (!next || next.due > end) break;
      this.clock.advance(next.due - this.clock.now());
      await this.quiet();
    }
    this.clock.advance(end - this.clock.now());
    await this.quiet();
  }

  /** After it nobody waits, and everybody may ask again. */
  settle(): Promise<void> {
    return this.pass(settled);
  }

  async close(): Promise<void> {
    for (const node of this.nodes) node.end();
    await this.engine.close();
  }

  /** What threads say to one another is heard in one of the next turns. */
  private async quiet(): Promise<void> {
    await turn();
    await turn();
    await this.engine.quiet();
  }
}

export interface WaitingClient {
  /** Whether it was let in; null while it waits. */
  said: boolean | null;
  look(): void;
}

export class LendingNode {
  readonly name: string;
  readonly line: EngineLine;
  readonly #engine: WalkedEngine;
  readonly #fleet: FleetNode;
  readonly #memory: MainMemory;
  readonly #threads = new Map<ThreadName, WorkerMemory>();
  readonly #clock: Clock;
  #lastThread = 0;
  /** How far this process's clock is ahead of its timers. */
  #paused = 0;
  #hasEnded = false;

  constructor(
    name: string,
    given: {
      readonly clock: Clock;
      readonly line: EngineLine;
      readonly cap: number;
      readonly engine: WalkedEngine;
    },
  ) {
    const { clock, line, cap, engine } = given;
    this.name = name;
    this.line = line;
    this.#engine = engine;
    this.#clock = {
      now: () => clock.now() + this.#paused,
      setTimeout: (callback, milliseconds) => clock.setTimeout(() => !this.#hasEnded && callback(), milliseconds),
      clearTimeout: (id) => clock.clearTimeout(id),
    };
    this.#memory = new MainMemory({ clock: this.#clock, serves: () => true, inFleet: true });
    for (const thread of threads) this.#makeThread(thread);
    this.#fleet = new FleetNode({
      cluster: {
        ...{ url: { "@type": "Text", secret: "redis://127.0.0.1:1" }, node: null, roles: [], onLoss: "refuse" },
        ...{ encryptionKey: null, keyPrefix: engine.prefix, leaseTime },
      } as never,
      ...{ node: name, clock: this.#clock, openEngine: line.open, document: null, leases: this.#memory.own.leases },
      read: () => {
        throw new Error("There is no document.");
      },
      facts: () => ({}) as NodeFacts,
      drain: () => {},
    });
    const { slots } = this.#memory.own;
    this.#fleet.lend("server", slots as never);
    slots.limit = cap;
  }

  async start(): Promise<void> {
    await this.#fleet.start({
      ...{ lifecycle: new Lifecycle(), inspect: undefined, flow: new ChartFlows().of("fleet") },
      ...{ apply: () => {}, inForce: () => ({}) as never, close: () => false, useTicketSecret: () => {} },
      reload: () => Promise.reject(new Error("There is no document.")),
      answers: new ChallengeAnswers({ add: async () => {}, delete: () => {} }),
    });
  }

  /** A client has come to a thread, which judges it as its admission does. */
  begins(thread: ThreadName): WaitingClient {
    const { slots, leases } = this.#of(thread);
    const client: WaitingClient = {
      said: null,
      look: () => {
        if (leases?.refuses) client.said = false;
        else if (slots.tryTake()) client.said = true;
        else if (!slots.ask()) client.said = false;
      },
    };
    client.look();
    return client;
  }

  leaves(thread: ThreadName): void {
    this.#of(thread).slots.giveBack();
  }

  /** The thread ends in mid-work, and another one takes its place. */
  dies(thread: ThreadName): void {
    this.#memory.giveBackAllOf(this.#of(thread).counters.thread);
    this.#makeThread(thread);
  }

  /** While what this node does not need is set aside, a client comes to a thread, which is faster. @returns what ends it */
  isOvertakenBy(thread: ThreadName): () => void {
    const { slots } = this.#memory.own;
    const { allow } = slots as unknown as { allow: (count: number, cap: number) => void };
    const end = (): void => void Object.assign(slots, { allow });
    Object.assign(slots, {
      allow: (count: number, cap: number) => {
        if (count < slots.taken + this.#memory.own.counters.left(slots.number)) {
          end();
          this.#of(thread).slots.tryTake();
        }
        allow.call(slots, count, cap);
      },
    });
    return end;
  }

  /** The whole process stands still for so long. */
  pause(milliseconds: number): void {
    this.#paused += milliseconds;
  }

  /** Clients inside at a thread. */
  inside(thread: ThreadName): number {
    const { counters, slots } = this.#of(thread);
    return counters.takenBy(counters.thread, slots.number);
  }

  /** Clients inside, as all threads count them together. */
  get taken(): number {
    return this.#memory.own.slots.taken;
  }

  /** What a thread may do with the slots at this moment. */
  get admits(): string {
    const { leases } = this.#of(1);
    return leases?.refuses ? "refuses" : (leases?.admits ?? "");
  }

  /** How many slots are this node's by the engine's account. */
  async account(): Promise<number> {
    const all = (await this.#engine.ask("HGETALL", `{${this.#engine.prefix}}:fleet`)) as Record<string, string>;
    const [, text = "{}"] = Object.entries(all).find(([field]) => field.startsWith(`${this.name}/`)) ?? [];
    return (JSON.parse(text) as { readonly slots?: { readonly server?: number } }).slots?.server ?? 0;
  }

  end(): void {
    this.#hasEnded = true;
    this.line.end();
  }

  #of(thread: ThreadName): WorkerMemory {
    const memory = this.#threads.get(thread);
    if (!memory) throw new Error("There is no such thread.");
    return memory;
  }

  #makeThread(thread: ThreadName): void {
    this.#lastThread += 1;
    const { memory } = this.#memory.own;
    this.#threads.set(thread, new WorkerMemory(memory, { thread: this.#lastThread, clock: this.#clock }));
  }
}
