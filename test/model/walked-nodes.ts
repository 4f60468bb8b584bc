/** Nodes of one fleet in one process, whose time passes when the walk says so. Of each server there is what its fleet sees. */
import type { Configuration, ReloadPlan } from "../../src/config/index.ts";
import { ChallengeAnswers } from "../../src/runtime/acme/challenge-answers.ts";
import { EngineDocument } from "../../src/runtime/fleet/engine-document.ts";
import { FleetNode } from "../../src/runtime/fleet/fleet-node.ts";
import type { NodeFacts } from "../../src/runtime/fleet/node-facts.ts";
import type { SharedChange } from "../../src/runtime/fleet/shared-state.ts";
import { ChartFlows } from "../../src/runtime/observe/chart-flows.ts";
import { Lifecycle } from "../../src/runtime/observe/lifecycle.ts";
import { Reloader, type ReloadTransaction } from "../../src/runtime/reload/reload.ts";
import type { Clock } from "../../src/runtime/time/clock.ts";
import { TestClock } from "../../src/testing/index.ts";
import { type EngineLine, WalkedEngine, type WalkedServer } from "./walked-engine.ts";

export const names = ["a", "b", "c"] as const;
export type NodeName = (typeof names)[number];
/** By node. */
export type OfNodes<Value> = Readonly<Record<NodeName, Value>>;

const leaseTime = 6_000;
/** A node that needs nothing settles so often, in milliseconds. */
export const renewal = leaseTime / 3;
/** Less than a third of the lease, for which an answer is waited. */
const stride = renewal - 100;
/** Within this a node notices what it looks at from time to time, in milliseconds. */
export const look = 300;

export class WalkedFleet {
  readonly engine: WalkedEngine;
  readonly clock = new TestClock();
  readonly nodes: OfNodes<WalkedNode>;

  private constructor(engine: WalkedEngine) {
    this.engine = engine;
    this.nodes = { a: this.#node("a"), b: this.#node("b"), c: this.#node("c") };
  }

  /** @param prefix of no other walk on this server */
  static async open(server: WalkedServer, { prefix, text }: { readonly prefix: string; readonly text: string }) {
    const engine = await WalkedEngine.open(server, prefix);
    await engine.ask("SET", prefix, text);
    const fleet = new WalkedFleet(engine);
    for (const name of names) await fleet.nodes[name].start(text);
    await fleet.engine.quiet();
    return fleet;
  }

  of<Value>(value: (node: WalkedNode) => Value): OfNodes<Value> {
    const { a, b, c } = this.nodes;
    return { a: value(a), b: value(b), c: value(c) };
  }

  /** Lets time pass, each moment with all that comes of it. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.clock.now() + milliseconds;
    await this.engine.quiet();
    for (;;) {
      const [next] = this.clock.pending;
      if (!next || next.due > end) break;
      this.clock.advance(next.due - this.clock.now());
      await this.engine.quiet();
    }
    this.clock.advance(end - this.clock.now());
  }

  /** Lets much time pass, in strides in which no answer comes too late. */
  async passLong(milliseconds: number): Promise<void> {
    await this.engine.quiet();
    for (let left = milliseconds; left > 0; left -= stride) {
      this.clock.advance(Math.min(stride, left));
      await this.engine.quiet();
    }
  }

  async close(): Promise<void> {
    for (const name of names) this.nodes[name].end();
    await this.engine.close();
  }

  #node(name: NodeName): WalkedNode {
    return new WalkedNode(name, { clock: this.clock, line: this.engine.line(), prefix: this.engine.prefix });
  }
}

export class WalkedNode {
  readonly name: NodeName;
  readonly line: EngineLine;
  /** What has been put into force here, by others or by this node. */
  readonly blocked = new Set<string>();
  readonly suspended = new Set<string>();
  /** What became of what was proposed here. */
  readonly outcomes = new Map<string, "taken" | "refused">();
  readonly #document: EngineDocument;
  readonly #fleet: FleetNode;
  readonly #reloader: Reloader;
  readonly #lifecycle = new Lifecycle();
  #inForce: Configuration = configurationOf("");
  #staging: (PromiseWithResolvers<void> & { readonly text: string }) | null = null;
  /** What other nodes have proposed: it may turn out that it cannot be staged here. */
  readonly #proposed = new WeakSet<Configuration>();
  #hasEnded = false;

  constructor(
    name: NodeName,
    { clock, line, prefix }: { readonly clock: Clock; readonly line: EngineLine; readonly prefix: string },
  ) {
    this.name = name;
    this.line = line;
    this.#document = new EngineDocument({ url: "redis://127.0.0.1:1", key: prefix });
    const own: Clock = {
      now: () => clock.now(),
      setTimeout: (callback, milliseconds) => clock.setTimeout(() => !this.#hasEnded && callback(), milliseconds),
      clearTimeout: (id) => clock.clearTimeout(id),
    };
    this.#fleet = new FleetNode({
      cluster: {
        ...{ url: { "@type": "Text", secret: "redis://127.0.0.1:1" }, node: null, roles: [], onLoss: "local" },
        ...{ encryptionKey: null, keyPrefix: prefix, leaseTime },
      } as never,
      ...{ node: name, clock: own, openEngine: line.open, document: this.#document, leases: null },
      read: async (text) => configurationOf(String(text)),
      facts: () => ({}) as NodeFacts,
      drain: () => {},
    });
    this.#reloader = new Reloader({
      ...{ clock: own, lifecycle: this.#lifecycle, inspect: undefined, flow: new ChartFlows().of("reload") },
      inForce: () => this.#inForce,
      begin: (configuration) => {
        const steps = this.#steps(configuration);
        return this.#fleet.documents?.transaction(configuration, steps) ?? steps;
      },
    });
  }

  /** The text of the document in force. */
  get text(): string {
    return textOf(this.#inForce);
  }

  /** The text that is being staged. */
  get staging(): string | null {
    return this.#staging?.text ?? null;
  }

  async start(text: string): Promise<void> {
    this.#inForce = configurationOf(text);
    this.#document.remember(this.#inForce, { text, expected: this.#document.digestOf(text) });
    await this.#fleet.start({
      ...{ lifecycle: this.#lifecycle, inspect: undefined, flow: new ChartFlows().of("fleet") },
      apply: (change) => this.#apply(change),
      inForce: () => this.#inForce,
      reload: (configuration, by) => this.#reload(configuration, by),
      close: () => false,
      answers: new ChallengeAnswers({ add: async () => {}, delete: () => {} }),
      useTicketSecret: () => {},
    });
  }

  /** As by a `/set` of the management. */
  propose(text: string): void {
    const configuration = configurationOf(text);
    this.#document.remember(configuration, { text, expected: this.#document.digestOf(this.text) });
    this.#reload(configuration, "account ann").then(
      () => this.outcomes.set(text, "taken"),
      () => this.outcomes.set(text, "refused"),
    );
  }

  /** What another node proposes can be staged here, or not. */
  stage(error: Error | null): void {
    const staging = this.#staging;
    this.#staging = null;
    if (error) staging?.reject(error);
    else staging?.resolve();
  }

  block(address: string): void {
    this.blocked.add(address);
    this.#fleet.tell({ kind: "blocked", name: address, value: { address, expiresAt: null, reason: null } });
  }

  unblock(address: string): void {
    this.blocked.delete(address);
    this.#fleet.tell({ kind: "blocked", name: address, value: null });
  }

  suspend(listener: string): void {
    this.suspended.add(listener);
    this.#fleet.tell({ kind: "suspended", name: listener, value: true });
  }

  resume(listener: string): void {
    this.suspended.delete(listener);
    this.#fleet.tell({ kind: "suspended", name: listener, value: null });
  }

  /** The process ends at once, as by SIGKILL. */
  end(): void {
    this.#hasEnded = true;
    this.line.end();
  }

  #reload(configuration: Configuration, by: string) {
    if (by.startsWith("node ")) this.#proposed.add(configuration);
    const submit = () => this.#reloader.submit(configuration, by);
    return this.#fleet.documents?.inTurn(configuration, submit) ?? submit();
  }

  #steps(configuration: Configuration): ReloadTransaction {
    return {
      plan: () => ({}) as ReloadPlan,
      stage: async () => {
        if (!this.#proposed.has(configuration)) return;
        this.#staging = { ...Promise.withResolvers<void>(), text: textOf(configuration) };
        await this.#staging.promise;
      },
      swap: async () => {
        this.#inForce = configuration;
      },
      retire: async () => ({
        ...{ generation: 1, plan: {} as ReloadPlan, certificatesChanged: false, warnings: [], draining: {} },
      }),
      discard: async () => {},
    };
  }

  #apply({ kind, name, value }: Exclude<SharedChange, { readonly kind: "ticketKeys" }>): void {
    const all = kind === "blocked" ? this.blocked : this.suspended;
    if (value) all.add(name);
    else all.delete(name);
  }
}

function configurationOf(text: string): Configuration {
  return { text } as unknown as Configuration;
}

function textOf(configuration: Configuration): string {
  return (configuration as unknown as { readonly text: string }).text;
}
