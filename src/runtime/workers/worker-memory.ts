/** What the threads of a server share: who has taken what of every cap, and what is known about addresses. */
import { availableParallelism } from "node:os";
import type { ListenerSettings } from "../../config/index.ts";
import type { RateLimit } from "../admission/connection-rates.ts";
import { LeasedSharedSlots } from "../admission/leased-shared-slots.ts";
import type { Counting } from "../admission/listener-admission.ts";
import { localCounting } from "../admission/local-counting.ts";
import { addressCountsMemory, SharedAddressCounts } from "../admission/shared-address-counts.ts";
import { failuresMemory, SharedFailures } from "../admission/shared-failures.ts";
import { ratesMemory, SharedRates } from "../admission/shared-rates.ts";
import { SharedSlots } from "../admission/shared-slots.ts";
import { type CounterMemory, counterMemory, mostCounters, noLimit, SharedCounters } from "../shared/shared-counters.ts";
import { type LeaseMemory, leaseMemory, SharedLeases } from "../shared/shared-leases.ts";
import { SharedTable, type TableMemory } from "../shared/shared-table.ts";
import type { Clock } from "../time/clock.ts";
import { AcceptTurns, acceptTurnsMemory } from "./accept-turns.ts";
import { maildropsMemory, SharedMaildrops } from "./shared-maildrops.ts";

/** The memory of one listener, as threads hand it to each other. */
export interface ListenerMemory {
  readonly slots: number;
  readonly handshakes: number;
  readonly addresses: TableMemory;
  /** By rate, as `rateName` calls it. */
  readonly rates: ReadonlyMap<string, TableMemory>;
}

export interface ServerMemory {
  readonly counters: CounterMemory;
  readonly failures: TableMemory;
  readonly maildrops: TableMemory;
  /** Which threads wait for clients. */
  readonly turns: SharedArrayBuffer;
  /** Null without a fleet. */
  readonly leases: LeaseMemory | null;
}

/** A number in shared memory is the server's own; each listener has two. */
const SERVER = 0;

export class TooManyListenersError extends Error {
  override readonly name = "TooManyListenersError";
  readonly code = "too-many-listeners";

  constructor() {
    super(
      `A server with several workers has at most ${(mostCounters - 1) >> 1} listeners, those that drain included. Set workers to 1, or name several addresses in one listener.`,
    );
  }
}

/** One thread's access to it. Listeners are found by their names in the document that this thread follows. */
export class WorkerMemory {
  readonly memory: ServerMemory;
  readonly counters: SharedCounters;
  readonly slots: SharedSlots;
  readonly failures: SharedFailures;
  readonly maildrops: SharedMaildrops;
  /** This thread's, to wait for clients. */
  readonly turns: AcceptTurns;
  /** Null without a fleet. */
  readonly leases: SharedLeases | null;
  readonly #clock: Clock;
  readonly #thread: number;
  #listeners: ReadonlyMap<string, ListenerMemory> = new Map();

  constructor(memory: ServerMemory, { thread, clock }: { readonly thread: number; readonly clock: Clock }) {
    this.memory = memory;
    this.counters = new SharedCounters(memory.counters, thread);
    this.failures = new SharedFailures(memory.failures, thread);
    this.maildrops = new SharedMaildrops(memory.maildrops, thread);
    this.turns = new AcceptTurns(memory.turns, { thread, processors: availableParallelism(), now: () => clock.now() });
    this.leases = memory.leases && new SharedLeases(memory.leases, clock);
    this.slots = this.#slots(SERVER);
    this.#clock = clock;
    this.#thread = thread;
  }

  /** Listeners that are made from here on find their memory there. */
  follow(listeners: ReadonlyMap<string, ListenerMemory>): void {
    this.#listeners = listeners;
  }

  readonly counting: Counting = {
    slots: ({ name, ignoreServerCap }) =>
      ignoreServerCap ? new SharedSlots(this.counters, this.#of(name).slots) : this.#slots(this.#of(name).slots),
    handshakes: ({ name }) => new SharedSlots(this.counters, this.#of(name).handshakes),
    addresses: ({ name }) => new SharedAddressCounts(this.#of(name).addresses, this.#thread),
    elsewhere: () => null,
    rates: ({ name }, rate) => {
      const memory = this.#of(name).rates.get(rateName(rate));
      if (!memory) throw new Error(`There is no memory for the rate of "${name}".`);
      return new SharedRates(rate, { memory, thread: this.#thread, clock: this.#clock });
    },
  };

  /** Of the fleet, if there is one. */
  #slots(number: number): SharedSlots {
    const { counters, leases } = this;
    return leases ? new LeasedSharedSlots(counters, number, leases) : new SharedSlots(counters, number);
  }

  #of(name: string): ListenerMemory {
    const memory = this.#listeners.get(name);
    if (!memory) throw new Error(`There is no memory for the listener "${name}".`);
    return memory;
  }
}

export interface MainMemoryOptions {
  readonly clock: Clock;
  /** Whether the workers serve a listener; the others are the main thread's own. */
  readonly serves: (settings: ListenerSettings) => boolean;
  /** The server is a node of a fleet. */
  readonly inFleet: boolean;
}

/** The main thread's access, which gives memory to listeners and takes it back. */
export class MainMemory {
  readonly own: WorkerMemory;
  readonly #clock: Clock;
  readonly #serves: (settings: ListenerSettings) => boolean;
  readonly #listeners = new Map<string, ListenerMemory & { readonly rates: Map<string, TableMemory> }>();
  /** Listeners whose connections may still be counted, besides those by name. */
  readonly #all = new Set<ListenerMemory>();
  readonly #free = Array.from({ length: mostCounters - 1 }, (_, index) => index + 1);

  constructor(options: MainMemoryOptions) {
    this.#clock = options.clock;
    this.#serves = options.serves;
    const memory = {
      ...{ counters: counterMemory(), failures: failuresMemory(), maildrops: maildropsMemory() },
      turns: acceptTurnsMemory(),
      leases: options.inFleet ? leaseMemory() : null,
    };
    this.own = new WorkerMemory(memory, { thread: 0, clock: options.clock });
  }

  get listeners(): ReadonlyMap<string, ListenerMemory> {
    return this.#listeners;
  }

  /** Of the listeners in the main thread. */
  get counting(): Counting {
    const local = localCounting(this.#clock);
    const of = (settings: ListenerSettings): Counting => {
      if (!this.#serves(settings)) return local;
      this.#prepare(settings);
      this.own.follow(this.#listeners);
      return this.own.counting;
    };
    return {
      // A listener begins with its slots: one of the same name that drains keeps its own.
      slots: (settings) => {
        if (this.#serves(settings)) this.#begin(settings);
        return of(settings).slots(settings);
      },
      handshakes: (settings) => of(settings).handshakes(settings),
      addresses: (settings) => of(settings).addresses(settings),
      rates: (settings, rate) => of(settings).rates(settings, rate),
      elsewhere: () => null,
    };
  }

  /** What the listeners of this document need is there from here on. @throws TooManyListenersError */
  prepare(listeners: readonly ListenerSettings[]): ReadonlyMap<string, ListenerMemory> {
    for (const settings of listeners) if (this.#serves(settings)) this.#prepare(settings);
    return this.#listeners;
  }

  /** A listener has closed: nothing of it is counted any more. */
  release(slots: number): void {
    for (const memory of this.#all) {
      if (memory.slots !== slots) continue;
      this.#all.delete(memory);
      for (const number of [memory.slots, memory.handshakes]) {
        this.own.counters.reset(number);
        this.#free.push(number);
      }
      for (const [name, current] of this.#listeners) if (current === memory) this.#listeners.delete(name);
    }
  }

  /** A thread has ended: what it had taken is free. */
  giveBackAllOf(thread: number): void {
    this.own.failures.releaseOf(thread);
    this.own.maildrops.giveBackAllOf(thread);
    for (const { addresses, rates } of this.#all) {
      for (const memory of rates.values()) new SharedTable(memory, 0).releaseOf(thread);
      new SharedAddressCounts(addresses, 0).giveBackAllOf(thread);
    }
    this.own.counters.giveBackAllOf(thread);
    // Another node may wait for them.
    this.own.leases?.wish();
  }

  #begin(settings: ListenerSettings): void {
    const [slots, handshakes] = [this.#free.shift(), this.#free.shift()];
    if (slots === undefined || handshakes === undefined) throw new TooManyListenersError();
    const memory = { slots, handshakes, addresses: addressCountsMemory(), rates: new Map<string, TableMemory>() };
    this.#listeners.set(settings.name, memory);
    this.#all.add(memory);
    this.own.counters.setLimit(slots, settings.maxConnections);
    this.own.counters.setLimit(handshakes, settings.maxHandshakes ?? noLimit);
    this.#prepare(settings);
  }

  #prepare({ name, connectionRate }: ListenerSettings): void {
    const rates = this.#listeners.get(name)?.rates;
    if (!connectionRate || !rates || rates.has(rateName(connectionRate))) return;
    rates.set(rateName(connectionRate), ratesMemory(connectionRate));
  }
}

function rateName({ count, interval }: RateLimit): string {
  return `${count}/${interval}`;
}
