/** A node of a fleet as the thread of one of its workers has it: it asks the main thread, all of one turn at once. */
import type { MessagePort } from "node:worker_threads";
import { type Observable, Subject } from "rxjs";
import type { FailureMemory } from "../../protocols/login-failures.ts";
import type { AddressAnswer, AddressesElsewhere, AskedAddress } from "../admission/addresses-elsewhere.ts";
import type { RateLimit } from "../admission/connection-rates.ts";
import type { FleetStanding } from "../admission/fleet-standing.ts";
import type { Counter } from "../admission/slots.ts";
import type { SharedLeases } from "../shared/shared-leases.ts";
import type { Clock } from "../time/clock.ts";
import { FleetRates } from "./fleet-rates.ts";
import type { AskedClient, EnteredClient, ThreadAnswer, ThreadNotes } from "./thread-notes.ts";

interface GatheredNotes extends ThreadNotes {
  readonly asked: AskedClient[];
  readonly entered: EnteredClient[];
  readonly left: number[];
  readonly failed: string[];
}

const nothing = (): GatheredNotes => ({ asked: [], entered: [], left: [], failed: [] });

export interface ThreadSideOptions {
  readonly port: MessagePort;
  readonly leases: SharedLeases;
  readonly clock: Clock;
}

export class ThreadSide implements FleetStanding {
  readonly #port: MessagePort;
  readonly #leases: SharedLeases;
  readonly #clock: Clock;
  readonly #answered = new Subject<void>();
  readonly #waiting = new Map<number, (answer: ThreadAnswer) => void>();
  #notes: GatheredNotes | null = null;
  #lastId = 0;

  constructor({ port, leases, clock }: ThreadSideOptions) {
    this.#port = port;
    this.#leases = leases;
    this.#clock = clock;
    leases.onAnswer(() => this.#answered.next());
    port.on("message", (answers: readonly ThreadAnswer[]) => {
      for (const answer of answers) {
        this.#waiting.get(answer.id)?.(answer);
        this.#waiting.delete(answer.id);
      }
    });
  }

  get refuses(): boolean {
    return this.#leases.refuses;
  }

  get answered$(): Observable<void> {
    return this.#answered;
  }

  /** The main thread knows. */
  closed(): void {}

  /** Of a listener, whose addresses the main thread counts for all threads. */
  addresses(listener: string): AddressesElsewhere {
    // Only what was agreed to is noted here, which is never too much.
    const node = { clock: this.#clock, maySettle: true };
    let rates: FleetRates | null = null;
    return {
      rates: (limit: RateLimit) => {
        rates = new FleetRates(node, limit);
        return rates;
      },
      ask: async (asked, signal) => {
        const answer = await this.#ask({ ...asked, listener }, signal);
        if (answer.exhausted === null && asked.rate) rates?.agreed(asked.key);
        return answer;
      },
      counter: (key) => {
        const id = this.#nextId();
        this.#gathered().entered.push({ id, listener, key });
        return this.#counter(id);
      },
    };
  }

  /** Tells all nodes of failures, too. */
  failures(memory: FailureMemory): FailureMemory {
    return {
      get size() {
        return memory.size;
      },
      find: (key) => memory.find(key),
      entries: () => memory.entries(),
      change: (key, now, change) => memory.change(key, now, change),
      tell: (key) => void this.#gathered().failed.push(key),
    };
  }

  #ask(asked: AskedAddress & { readonly listener: string }, signal: AbortSignal): Promise<AddressAnswer> {
    const id = this.#nextId();
    const { promise, resolve } = Promise.withResolvers<AddressAnswer>();
    this.#waiting.set(id, (answer) => {
      if (answer.exhausted !== null) resolve(answer);
      else if (!answer.counted) resolve({ exhausted: null, counter: null });
      else if (signal.aborted) this.#counter(id).giveBack();
      else resolve({ exhausted: null, counter: this.#counter(id) });
    });
    signal.addEventListener("abort", () => resolve({ exhausted: null, counter: null }), { once: true });
    const { key, cap, rate, listener } = asked;
    this.#gathered().asked.push({ id, listener, key, cap, rate });
    return promise;
  }

  #counter(id: number): Counter {
    return { tryTake: () => true, giveBack: () => void this.#gathered().left.push(id), settle: () => {} };
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #gathered(): GatheredNotes {
    if (!this.#notes) {
      this.#notes = nothing();
      setImmediate(() => {
        this.#port.postMessage(this.#notes);
        this.#notes = null;
      });
    }
    return this.#notes;
  }
}
