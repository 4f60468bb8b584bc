/** Runs the upgrade machine: starts the successor, hands over to it, or takes everything back. */

import { type Actor, createActor, fromPromise, type SnapshotFrom, waitFor } from "xstate";
import type { Inspector } from "../../charts/inspector.ts";
import { messageOf } from "../../config/values/thrown.ts";
import { type UpgradeContext, upgradeMachine } from "../../machines/upgrade.ts";
import type { ChartFlow } from "../observe/chart-flows.ts";
import type { Lifecycle } from "../observe/lifecycle.ts";
import type { Descriptor } from "../sockets/descriptor.ts";
import type { Clock } from "../time/clock.ts";
import { type CarriedState, channelVersion, type OfferedSocket, type ToPredecessor } from "./messages.ts";
import type { StartSuccessor, Successor } from "./successor.ts";
import { UpgradeError } from "./upgrade-error.ts";

/** How long a successor that is ready may take until it accepts, in milliseconds: clients wait meanwhile. */
const handOverTimeout = 10_000;

/** A listening socket as it is offered to a successor. */
export interface SocketToHandOver extends OfferedSocket {
  readonly descriptor: Descriptor;
  /** The successor goes on using it. */
  leave(): void;
}

/** The server, as far as an upgrade needs it. */
export interface UpgradingServer {
  /** Why this server cannot have a successor; null where it can. */
  obstacle(): UpgradeError | null;
  /**
   * Makes room for another process beside this one. Resolves when no document is being put into force; none is from then
   * on, until `acceptAgain()`.
   */
  prepare(): Promise<void>;
  sockets(): readonly SocketToHandOver[];
  /** Stops accepting on every listener: the kernel queues. */
  stopAccepting(): Promise<void>;
  /** Gives the successor what only one process can have; called when nobody is accepted any more. */
  letGo(successor: Successor): CarriedState;
  /** Has everything as before; may be called when nothing was given away. */
  acceptAgain(): Promise<void>;
  /** Stops, letting the sessions finish. */
  drain(): Promise<void>;
}

export interface UpgraderOptions {
  readonly server: UpgradingServer;
  readonly start: StartSuccessor;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  inspect(): Inspector | undefined;
  readonly flow: ChartFlow;
  /** Milliseconds that the successor may take until it is ready. */
  upgradeTimeout(): number;
}

/** What an upgrade did. */
export interface UpgradeReport {
  /** The successor's process id. */
  readonly pid: number;
}

export class Upgrader {
  readonly #options: UpgraderOptions;
  #upgrade: Upgrade | null = null;

  constructor(options: UpgraderOptions) {
    this.#options = options;
  }

  /** The state of the upgrade that is under way; null for none. */
  get state(): UpgradeState | null {
    return this.#upgrade?.state ?? null;
  }

  /** A successor is in charge, and this server drains. */
  get succeeded(): boolean {
    return this.state === "draining" || this.state === "done";
  }

  /**
   * Resolves when the successor accepts.
   * @throws UpgradeError
   */
  async upgrade(by: string): Promise<UpgradeReport> {
    const { server } = this.#options;
    if (this.#upgrade)
      throw new UpgradeError(
        this.succeeded ? "upgrade-not-running" : "upgrade-under-way",
        this.succeeded
          ? "A successor has taken over from this server already: upgrade that one."
          : "An upgrade is under way; ask again when it has ended.",
      );
    const obstacle = server.obstacle();
    if (obstacle) throw obstacle;
    const upgrade = new Upgrade(this.#options, by);
    this.#upgrade = upgrade;
    try {
      return await upgrade.begin();
    } catch (error) {
      this.#upgrade = null;
      throw error;
    }
  }

  /** Resolves when a server that was succeeded has done all that it had to do; at once for another one. */
  async ended(): Promise<void> {
    await this.#upgrade?.ended();
  }

  /** The server ends: calls off what has not succeeded. @returns what to wait for before it may end; null for nothing. */
  stop(): Promise<void> | null {
    return this.#upgrade?.stop() ?? null;
  }
}

export type UpgradeState = SnapshotFrom<typeof upgradeMachine>["value"];

class Upgrade {
  readonly #options: UpgraderOptions;
  readonly #by: string;
  readonly #actor: Actor<typeof upgradeMachine>;
  readonly #outcome = Promise.withResolvers<UpgradeReport>();
  #sockets: readonly SocketToHandOver[] = [];
  #taken: readonly number[] = [];
  #isReady = false;
  #successor: Successor | null = null;
  #state: UpgradeState | null = null;

  constructor(options: UpgraderOptions, by: string) {
    this.#options = options;
    this.#by = by;
    const { clock, flow, server } = options;
    const inspect = options.inspect();
    this.#actor = createActor(
      upgradeMachine.provide({
        actors: {
          startSuccessor: fromPromise(({ signal }) => this.#start(signal)),
          handOver: fromPromise(({ signal }) => this.#handOver(signal)),
          takeBack: fromPromise(() => this.#takeBack()),
          drainServer: fromPromise(() => server.drain()),
        },
        actions: {
          reportSucceeded: () => this.#succeeded(),
          reportFailed: ({ context }) => this.#failed(context),
        },
      }),
      {
        id: "upgrade",
        clock,
        input: { upgradeTimeout: options.upgradeTimeout(), handOverTimeout },
        ...(inspect ? { inspect } : {}),
      },
    );
    this.#actor.system.inspect(flow.inspector);
    this.#actor.subscribe((snapshot) => this.#onSnapshot(snapshot));
    this.#outcome.promise.catch(() => {});
  }

  get state(): UpgradeState {
    return this.#actor.getSnapshot().value;
  }

  begin(): Promise<UpgradeReport> {
    this.#actor.start();
    return this.#outcome.promise;
  }

  async stop(): Promise<void> {
    const error = new UpgradeError("upgrade-failed", "The server was stopped before a successor had taken over.");
    if (this.#actor.getSnapshot().status === "active") this.#actor.send({ type: "upgrade.stop", error });
    await waitFor(this.#actor, ({ value, status }) => status !== "active" || value === "draining");
  }

  async ended(): Promise<void> {
    await waitFor(this.#actor, ({ status }) => status !== "active");
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { server, start } = this.#options;
    await server.prepare();
    signal.throwIfAborted();
    this.#sockets = server.sockets();
    const successor = await start(this.#sockets.map(({ descriptor }) => descriptor));
    this.#successor = successor;
    if (signal.aborted) successor.kill();
    signal.throwIfAborted();
    successor.channel.onMessage((message) => this.#received(message));
    void successor.ended.then((how) => this.#lost(`The successor did not take over: ${how}.`));
    const sockets = this.#sockets.map(({ name, managed, used }) => ({ name, managed, used }));
    successor.channel.send({ type: "sockets", version: channelVersion, sockets });
  }

  #received(message: ToPredecessor): void {
    switch (message.type) {
      case "ready":
        this.#taken = message.taken;
        this.#isReady = true;
        this.#actor.send({ type: "successor.ready" });
        break;
      case "accepting":
        this.#actor.send({ type: "successor.accepting" });
        break;
      case "failed":
        this.#lost(`The successor did not take over: ${message.message}`);
        break;
    }
  }

  #lost(text: string): void {
    this.#actor.send({ type: "successor.failed", error: new UpgradeError("upgrade-failed", text, this.#words) });
  }

  get #words(): string {
    return this.#successor?.words ?? "";
  }

  async #handOver(signal: AbortSignal): Promise<void> {
    const { server } = this.#options;
    await server.stopAccepting();
    signal.throwIfAborted();
    const successor = this.#successor;
    if (successor) successor.channel.send({ type: "takeOver", state: server.letGo(successor) });
  }

  async #takeBack(): Promise<void> {
    const successor = this.#successor;
    successor?.kill();
    // Two processes must not accept from the same sockets, nor write to the store, when this one goes on.
    await successor?.ended;
    successor?.channel.close();
    await this.#options.server.acceptAgain();
  }

  #succeeded(): void {
    const successor = this.#successor;
    if (!successor) return;
    for (const number of this.#taken) this.#sockets[number]?.leave();
    this.#options.lifecycle.emit({ type: "upgrade.draining", by: this.#by, pid: successor.pid, words: this.#words });
    // By now the service manager has been told.
    successor.channel.send({ type: "inCharge" });
    successor.release();
    this.#outcome.resolve({ pid: successor.pid });
  }

  #failed(context: UpgradeContext): void {
    const text = context.silent ? this.#silenceText(context) : messageOf(context.error);
    const words = this.#words;
    const message = /^The s(uccessor|erver) /.test(text) ? text : `The successor did not take over: ${text}`;
    const error = new UpgradeError("upgrade-failed", message, words);
    this.#options.lifecycle.emit({ type: "upgrade.failed", by: this.#by, error, words });
    this.#outcome.reject(error);
  }

  #silenceText({ timeouts }: UpgradeContext): string {
    return this.#isReady
      ? `The successor was ready, and did not accept within ${timeouts.handOverTimeout / 1_000} seconds.`
      : `The successor was not ready within ${timeouts.upgradeTimeout / 1_000} seconds (SystemSettings.upgradeTimeout).`;
  }

  #onSnapshot({ value }: SnapshotFrom<typeof upgradeMachine>): void {
    if (value === this.#state) return;
    this.#state = value;
    const { lifecycle } = this.#options;
    switch (value) {
      case "spawning":
        lifecycle.emit({ type: "upgrade.spawning", by: this.#by });
        break;
      case "warming":
      case "handingOver":
        lifecycle.emit({ type: `upgrade.${value}`, pid: this.#successor?.pid ?? 0 });
        break;
      case "takingBack":
        lifecycle.emit({ type: "upgrade.takingBack" });
        break;
      // Reported with what they are about.
      case "draining":
      case "failed":
      // By then the server has ended.
      case "done":
        break;
    }
  }
}
