/** One document being put into force: plan, stage, swap, retire; or discard. */
import { waitFor } from "xstate";
import {
  type Configuration,
  type DocumentWarning,
  documentWarnings,
  type ListenerPlan,
  planReload,
  type ReloadPlan,
  withOpenedListeners,
} from "../../config/index.ts";
import { bindTargetsIn } from "../listener/bind-targets.ts";
import { Listener } from "../listener/listener.ts";
import { type PreparedListener, prepareListeners } from "../listener/prepared-listeners.ts";
import { Breather } from "../time/breather.ts";
import { dateOf } from "../time/clock.ts";
import { noCertificates, type ServerCertificates } from "../tls/server-certificates.ts";
import { ReloadError, type ReloadReport, type ReloadTransaction } from "./reload.ts";
import type { ReloadableServer } from "./reloadable-server.ts";

type PlanOf<Kind extends ListenerPlan["kind"]> = Extract<ListenerPlan, { kind: Kind }>;

/** What has to be done so that one document gives way to another. @throws ReloadError when that needs a restart. */
export function planOf(before: Configuration, after: Configuration): ReloadPlan {
  const plan = planReload(withOpenedListeners(before), withOpenedListeners(after));
  assertPossible(plan);
  return plan;
}

export class ServerReload implements ReloadTransaction {
  readonly #server: ReloadableServer;
  readonly #after: Configuration;
  readonly #plan: ReloadPlan;
  readonly #breather = new Breather();
  #prepared = new Map<string, PreparedListener>();
  #certificates = noCertificates;
  #warnings: ServerCertificates["warnings"] = [];
  #added = new Map<string, Listener>();
  /** Puts the backend's part of the document into force. */
  #commit: () => void = () => {};

  constructor(server: ReloadableServer, after: Configuration) {
    this.#server = server;
    this.#after = after;
    this.#plan = planReload(withOpenedListeners(server.configuration), withOpenedListeners(after));
  }

  plan(): ReloadPlan {
    assertPossible(this.#plan);
    return this.#plan;
  }

  async stage(signal: AbortSignal): Promise<void> {
    const { foundation, dataDirectory, host, challenges, ticketSecret } = this.#server;
    const prepared = await prepareListeners({
      configuration: this.#after,
      protocols: await foundation.protocolsOf(this.#after),
      dataDirectory,
      now: dateOf(host.clock),
      challenges,
      given: foundation.certificates?.(),
      ticketSecret,
    });
    signal.throwIfAborted();
    this.#certificates = prepared.certificates;
    // Warnings about the same certificates were emitted when they were first served.
    const certificates = this.#sameCertificates ? [] : prepared.certificates.warnings;
    this.#warnings = [...this.#newDocumentWarnings(), ...this.#workersToCome(), ...certificates];
    this.#prepared = new Map(prepared.listeners.map((listener) => [listener.settings.name, listener]));
    this.#commit = await foundation.stage(this.#after, signal);
    const networks = this.#after.listeners.flatMap(({ proxyTrustedNetworks, forwardedTrustedNetworks }) => [
      proxyTrustedNetworks,
      forwardedTrustedNetworks,
    ]);
    await host.trustedSets.prepare(networks, this.#breather);
    const targetsOf = bindTargetsIn(withOpenedListeners(this.#after));
    await this.#breather.forEach(this.#plans("added"), ({ name, takeOver }) => {
      signal.throwIfAborted();
      const taken = new Set(takeOver.filter(({ replaced }) => !replaced).map(({ address }) => address.text));
      const listener = this.#preparedOf(name);
      const targets = targetsOf(listener.settings).filter(({ text }) => !taken.has(text));
      this.#added.set(name, new Listener(host, { ...listener, targets }));
    });
    const sockets = [
      ...[...this.#added.values()].map((listener) => () => bound(listener)),
      ...this.#plans("rebound").map(({ name, added, replaced, takeOver }) => () => {
        const wanted = new Set(
          [...added, ...replaced, ...takeOver.filter((one) => one.replaced).map(({ address }) => address)].map(
            ({ text }) => text,
          ),
        );
        const { settings } = this.#preparedOf(name);
        const targets = targetsOf(settings).filter(({ text }) => wanted.has(text));
        return this.#listener(name).stageSockets(targets, settings);
      }),
    ];
    await this.#breather.settle(sockets, async (bind) => {
      signal.throwIfAborted();
      await bind();
    });
    signal.throwIfAborted();
    const listeners = [...this.#added.values(), ...this.#server.current.values()];
    await this.#server.followers?.stage(this.#after, { certificates: this.#certificates, listeners });
  }

  async swap(): Promise<void> {
    const { host } = this.#server;
    // What can still fail comes first: nothing that runs is touched until all of it has succeeded.
    const rebound = this.#plans("rebound").map(({ name }) => this.#listener(name));
    await this.#breather.settle([...rebound, ...this.#added.values()], (listener) => listener.listenOnStaged());

    const { system } = this.#after;
    host.serverSlots.limit = system.maxConnections;
    host.hostname = system.defaultHostname;
    host.drainTimeout = system.drainTimeout;
    host.generation += 1;
    this.#commit();
    const listeners = withOpenedListeners(this.#after).listeners.map(
      ({ name }) => this.#added.get(name) ?? this.#listener(name),
    );
    this.#server.replace({
      configuration: this.#after,
      certificates: this.#certificates,
      listeners,
    });
    await this.#server.followers?.swap();
    for (const { code, text } of this.#warnings) host.lifecycle.emit({ type: "server.warning", code, text });
    await this.#applySettings();
    this.#server.setTicketKeys();
    const { blocked, allowed } = this.#plan;
    await this.#breather.forEach(blocked.removed, ({ address }) => host.blockList.remove(address));
    await this.#breather.forEach(blocked.added, (entry) => host.blockList.add(entry));
    await this.#breather.forEach(allowed.removed, ({ address }) => host.allowList.remove(address));
    await this.#breather.forEach(allowed.added, (entry) => host.allowList.add(entry));
    await this.#handOver();
    await this.#breather.beginEach(this.#added.values(), (listener) => listener.send({ type: "listener.listen" }));
    await this.#breather.settle(listeners, (listener) => listener.openStaged());
    await Promise.all(
      [...this.#added.values()].map((listener) =>
        waitFor(listener.actor, ({ status }) => status !== "active" || isOpen(listener)),
      ),
    );
  }

  async retire(): Promise<ReloadReport> {
    const { followers } = this.#server;
    if (followers) {
      for (const { name, removed, handOver } of this.#plans("rebound")) {
        const replaced = handOver.filter((one) => one.replaced).map(({ address }) => address);
        this.#listener(name).queueNoMore([...removed, ...replaced].map(({ text }) => text));
      }
      await followers.retire(this.#after);
    }
    await Promise.all(
      this.#plans("rebound").map(({ name, removed, handOver }) => {
        const replaced = handOver.filter((one) => one.replaced).map(({ address }) => address);
        return this.#listener(name).retireSockets([...removed, ...replaced].map(({ text }) => text));
      }),
    );
    const draining: Record<string, number> = Object.create(null);
    await this.#breather.beginEach(this.#plans("removed"), ({ name }) => {
      const listener = this.#listener(name);
      draining[name] = listener.connectionCount;
      listener.send({ type: "listener.drain" });
    });
    return {
      generation: this.#server.host.generation,
      plan: this.#plan,
      certificatesChanged: !this.#sameCertificates,
      warnings: this.#warnings.map(({ text }) => text),
      draining,
    };
  }

  async discard(): Promise<void> {
    await this.#server.followers?.discard();
    for (const listener of this.#added.values()) listener.send({ type: "listener.stop" });
    for (const { name } of this.#plans("rebound")) this.#listener(name).discardStaged();
  }

  /** What the previous document had too was warned about then. */
  #newDocumentWarnings(): DocumentWarning[] {
    const before = documentWarnings(this.#server.configuration).map(({ text }) => text);
    return documentWarnings(this.#after).filter(({ text }) => !before.includes(text));
  }

  /** A server that serves by itself takes no workers while it runs: connections would have to change their counters. */
  #workersToCome(): ServerCertificates["warnings"] {
    const { followers, configuration } = this.#server;
    if (followers) return [];
    const wanted = this.#server.workersWanted(this.#after);
    if (wanted === 1 || wanted === this.#server.workersWanted(configuration)) return [];
    const text = `The main thread goes on serving by itself. The ${wanted} workers of this document begin with the next upgrade in place (gatehouse upgrade), by which no client is lost.`;
    return [{ code: "workers-to-come", text }];
  }

  get #sameCertificates(): boolean {
    return this.#certificates.digest === this.#server.certificates.digest;
  }

  /** TLS contexts that would not change are kept, so that clients can go on resuming their sessions. */
  async #applySettings(): Promise<void> {
    await this.#breather.forEach(this.#plan.listeners, ({ name, kind }) => {
      if (kind === "added" || kind === "removed" || (kind === "unchanged" && this.#sameCertificates)) return;
      this.#listener(name).applySettings(this.#preparedOf(name));
    });
  }

  /** Hands sockets from one listener to another: the kernel queues while they have none. */
  async #handOver(): Promise<void> {
    for (const plan of this.#plan.listeners) {
      if (plan.kind !== "added" && plan.kind !== "rebound") continue;
      const taker = this.#added.get(plan.name) ?? this.#listener(plan.name);
      for (const { address, from, replaced } of plan.takeOver) {
        if (replaced) continue;
        const socket = await this.#listener(from).giveUp(address.text);
        if (socket) taker.adopt(address.text, socket);
      }
    }
  }

  /** A listener of the document in force. */
  #listener(name: string): Listener {
    const listener = this.#server.current.get(name);
    if (!listener) throw new Error(`There is no listener "${name}".`);
    return listener;
  }

  #plans<Kind extends ListenerPlan["kind"]>(kind: Kind): PlanOf<Kind>[] {
    return this.#plan.listeners.filter((plan): plan is PlanOf<Kind> => plan.kind === kind);
  }

  #preparedOf(name: string): PreparedListener {
    const prepared = this.#prepared.get(name);
    if (!prepared) throw new Error(`The listener "${name}" was not prepared.`);
    return prepared;
  }
}

/** @throws ReloadError */
function assertPossible({ conflicts }: ReloadPlan): void {
  if (conflicts.length === 0) return;
  const reasons = conflicts.map(
    ({ listener, address, heldBy }) =>
      `Listener "${listener}": ${address.text} cannot be bound while listener "${heldBy.listener}" has ${heldBy.address.text}.`,
  );
  throw new ReloadError(
    "reload-needs-restart",
    `${reasons.join("\n")}\nSet socketReusePort for both, change the document in two steps, or restart.`,
  );
}

/** Whether it accepts, or would if nothing paused it. */
function isOpen({ state }: Listener): boolean {
  return state === "listening" || state === "paused";
}

async function bound(listener: Listener): Promise<void> {
  listener.actor.start();
  const reached = await waitFor(
    listener.actor,
    (snapshot) => snapshot.status !== "active" || snapshot.matches({ binding: "bound" }),
  );
  if (reached.context.error !== null) throw reached.context.error;
}
