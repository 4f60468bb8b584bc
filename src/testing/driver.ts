/** Executes a path: a real instance, real clients, and what can be done to them. */
import { setImmediate as immediate } from "node:timers/promises";
import type { Registry } from "prom-client";
import type { Observable, Subscription } from "rxjs";
import type { LifecycleEvent } from "../runtime/observe/lifecycle.ts";
import type { Bench } from "./bench.ts";
import { Client } from "./client.ts";
import type { ObservedActor } from "./observation.ts";
import { openSockets } from "./open-sockets.ts";
import { pause } from "./pause.ts";
import { loadScarcity, type Scarcity } from "./scarcity.ts";
import type { Situation } from "./situation.ts";

/** What the driver needs of an instance; `createGatehouse()` makes one. */
export interface Instance {
  readonly state: string;
  readonly configuration: {
    readonly system: { readonly maxConnections: number };
    readonly listeners: readonly {
      readonly name: string;
      readonly maxConnections: number;
      readonly ignoreServerCap: boolean;
    }[];
  };
  readonly lifecycle$: Observable<LifecycleEvent>;
  readonly metrics: { readonly registry: Registry };
  start(): Promise<void>;
  stop(options?: { readonly wait?: boolean }): Promise<void>;
  reload(config: unknown): Promise<unknown>;
  suspend(listener?: string): Promise<void>;
  resume(listener?: string): Promise<void>;
  listeners(): readonly {
    readonly name: string;
    readonly state: string;
    readonly pausedBy: readonly string[];
    readonly connections: number;
    readonly addresses: readonly { readonly port: number }[];
  }[];
  connections(): readonly {
    readonly id: string;
    readonly listener: string;
    readonly state: string;
    readonly bytesRead: number;
  }[];
}

/** Nothing of this name exists at this moment. */
export class DriverError extends Error {
  readonly code = "driver-misled";

  constructor(message: string) {
    super(message);
    this.name = "DriverError";
  }
}

/** Subclass it to keep what your stimuli need besides. */
export class Driver {
  readonly gatehouse: Instance;
  readonly bench: Bench;
  /** The clients that have connected, in order. */
  readonly clients: Client[] = [];
  /** Where the model was before the current stimulus; set by `walk()`. */
  situation: Situation | null = null;
  /** Which actor the oracle compares; set by `walk()`. */
  follows: (actor: ObservedActor) => boolean = () => true;
  readonly #subscription: Subscription;
  /** From a client's port to the id of its connection. */
  readonly #connections = new Map<number, string>();
  /** From a connection's id to its listener. */
  readonly #inside = new Map<string, string>();
  #overfull: string | null = null;
  readonly #pending = new Set<Promise<unknown>>();
  #scarcity: Scarcity | null = null;

  constructor(gatehouse: Instance, bench: Bench) {
    this.gatehouse = gatehouse;
    this.bench = bench;
    this.#subscription = gatehouse.lifecycle$.subscribe((event) => {
      bench.events.push(event);
      // Behind a proxy the address becomes the client's later.
      if (event.type === "connection.accepted") {
        this.#connections.set(event.connection.peer.port, event.connection.id);
        this.#inside.set(event.connection.id, event.connection.listener);
        this.#countInside(event.connection.listener);
      }
      if (event.type === "connection.closed") this.#inside.delete(event.connection.id);
    });
  }

  /** The client that connected last. @throws DriverError */
  get client(): Client {
    const client = this.clients.at(-1);
    if (!client) throw new DriverError("No client has connected yet.");
    return client;
  }

  /** The actor that the model is compared with; undefined before it exists. */
  get followed(): ObservedActor | undefined {
    return this.bench.observation.actors.find(this.follows);
  }

  /** A cap that was exceeded by an admitted connection. */
  get overfull(): string | null {
    return this.#overfull;
  }

  /** A listener's first port. @throws DriverError */
  port(listener?: string): number {
    const listeners = this.gatehouse.listeners();
    const found = listener === undefined ? listeners[0] : listeners.find(({ name }) => name === listener);
    const port = found?.addresses[0]?.port;
    if (port === undefined) throw new DriverError(`The listener ${listener ?? ""} has no address now.`);
    return port;
  }

  /** Connects another client. */
  async connect(listener?: string): Promise<Client> {
    const client = await Client.connect(this.port(listener));
    this.clients.push(client);
    return client;
  }

  /** The id of a client's connection; null before the server has accepted it. */
  connectionOf(client: Client): string | null {
    return this.#connections.get(client.socket.localPort ?? 0) ?? null;
  }

  /** Waits until the server has read everything that the client has sent, or the connection is gone. */
  async delivered(client: Client = this.client): Promise<void> {
    const behind = (): boolean => {
      const id = this.connectionOf(client);
      const connection = this.gatehouse.connections().find((one) => one.id === id);
      return id === null ? client.view === "open" : (connection?.bytesRead ?? Infinity) < client.socket.bytesWritten;
    };
    await this.until(() => !behind());
  }

  /** Sends bytes one by one, each read by the server before the next is sent. */
  async trickle(bytes: Uint8Array, client: Client = this.client): Promise<void> {
    for (const byte of bytes) {
      if (client.view !== "open") return;
      client.socket.write(Uint8Array.of(byte));
      await this.delivered(client);
    }
  }

  /** Starts something that ends later, e.g. a drain; its failure does not fail the path. */
  begin(promise: Promise<unknown>): void {
    const settled = promise.catch(() => {}).finally(() => this.#pending.delete(settled));
    this.#pending.add(settled);
  }

  /** How many of the promises given to `begin()` have not settled. */
  get unanswered(): number {
    return this.#pending.size;
  }

  /** Does something at the very moment at which an actor of a chart enters a state. */
  at(
    { chart, state, id }: { readonly chart: string; readonly state: string; readonly id?: string },
    act: () => void,
  ): void {
    const end = this.bench.observation.onState((actor, entered) => {
      if (actor.chart !== chart || entered !== state || (id !== undefined && actor.id !== id)) return;
      end();
      act();
    });
  }

  /** Prepares what `exhaustDescriptors()` needs, since that must not open anything itself. @throws ScarcityError */
  async prepareScarcity(): Promise<void> {
    this.#scarcity = await loadScarcity();
  }

  /** Does something at the instance's next event of this type, as a subscriber of `lifecycle$` might. */
  on(type: LifecycleEvent["type"], act: () => void): void {
    const subscription = this.gatehouse.lifecycle$.subscribe((event) => {
      if (event.type !== type) return;
      subscription.unsubscribe();
      act();
    });
  }

  /**
   * No descriptor can be opened from here on, in this whole process, until `freeDescriptors()` or the end of the path.
   */
  exhaustDescriptors(): void {
    if (!this.#scarcity) throw new DriverError("Await prepareScarcity() before descriptors are exhausted.");
    this.#scarcity.begin();
  }

  freeDescriptors(): void {
    this.#scarcity?.end();
  }

  /** Lets pending socket events happen. */
  async turn(times = 3): Promise<void> {
    for (let time = 0; time < times; time++) await immediate();
  }

  /** Waits for a condition, for as long as the patience lasts. @returns whether it became true */
  async until(reached: () => boolean, patience = 3_000): Promise<boolean> {
    const deadline = performance.now() + patience;
    for (let look = 0; !reached(); look++) {
      if (performance.now() > deadline) return false;
      await pause(look);
    }
    return true;
  }

  /** Slots taken, by listener; the empty name is the whole server. */
  async slots(): Promise<Record<string, number>> {
    return this.metric("gatehouse_slots_taken", "listener");
  }

  /** The values of a metric, by one of its labels; those that differ in other labels are added up. */
  async metric(name: string, label: string): Promise<Record<string, number>> {
    const metric = await this.gatehouse.metrics.registry.getSingleMetric(name)?.get();
    const sums: Record<string, number> = {};
    for (const { labels, value } of metric?.values ?? []) {
      const key = String(labels[label] ?? "");
      sums[key] = (sums[key] ?? 0) + value;
    }
    return sums;
  }

  /** How many more sockets are open than at the beginning; null when unknown. */
  openSockets(): number | null {
    const now = openSockets();
    const { socketsBefore } = this.bench;
    return now === null || socketsBefore === null ? null : now - socketsBefore;
  }

  #countInside(listener: string): void {
    const { system, listeners } = this.gatehouse.configuration;
    const inside = [...this.#inside.values()];
    const counted = listeners.filter(({ ignoreServerCap }) => !ignoreServerCap).map(({ name }) => name);
    const caps = [
      { of: "the server", cap: system.maxConnections, inside: inside.filter((name) => counted.includes(name)).length },
      ...listeners
        .filter(({ name }) => name === listener)
        .map(({ name, maxConnections }) => ({
          of: name,
          cap: maxConnections,
          inside: inside.filter((one) => one === name).length,
        })),
    ];
    const exceeded = caps.find((one) => one.inside > one.cap);
    if (exceeded) this.#overfull ??= `${exceeded.inside} were inside of ${exceeded.of}, whose cap is ${exceeded.cap}`;
  }

  /** Ends everything; what a path has left behind can be checked then. */
  async close(): Promise<void> {
    this.freeDescriptors();
    await Promise.all(this.clients.map((client) => client.leave()));
    await this.gatehouse.stop({ wait: false });
    await Promise.all(this.#pending);
    await this.turn();
    this.#subscription.unsubscribe();
  }
}
