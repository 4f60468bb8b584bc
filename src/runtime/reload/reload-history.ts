/**
 * The latest reloads, with the documents that they put into force. It is kept in memory alone: documents may hold secrets,
 * which belong on no disk but where they were written.
 */
import { type Configuration, type ReloadPlan, type ShortPlan, shortPlan } from "../../config/index.ts";
import type { Lifecycle } from "../observe/lifecycle.ts";
import type { Clock } from "../time/clock.ts";
import { dateOf } from "../time/clock.ts";

/** The start, and reloads after it. */
export const mostReloads = 50;
/** Entries of each list of a plan. */
const mostPlanned = 100;
/** Listeners, certificates, accounts and addresses in all documents that are kept besides the one in force and the one before. */
export const mostKeptObjects = 10_000;

export interface PastReload {
  /** From 1 on, in the order of their end. */
  readonly number: number;
  readonly at: Date;
  /** As in `reload.carriedOut`; `start` for the start. */
  readonly by: string;
  readonly outcome: "started" | "carried-out" | "rejected";
  /** The number of the document in force afterwards. */
  readonly generation: number;
  /** Null for the start, and where the document was not compared with the one in force. */
  readonly plan: ShortPlan | null;
  readonly certificatesChanged: boolean;
  readonly warnings: readonly string[];
  /** Why it was rejected. */
  readonly error: Error | null;
  /** What it put into force; null where it was rejected, and where it is not kept any more. */
  readonly configuration: Configuration | null;
  /** What was in force before it, where both are kept. */
  readonly former: Configuration | null;
}

export type PackedHistory = readonly (Omit<PastReload, "at" | "error" | "configuration" | "former"> & {
  readonly at: string;
  readonly error: { readonly name: string; readonly message: string } | null;
})[];

interface ReloadingServer {
  readonly configuration: Configuration;
  readonly generation: number;
}

export class ReloadHistory {
  readonly #server: ReloadingServer;
  readonly #clock: Clock;
  /** The oldest first. */
  #reloads: readonly PastReload[] = [];
  #lastNumber = 0;

  constructor(server: ReloadingServer, clock: Clock) {
    this.#server = server;
    this.#clock = clock;
  }

  /** The newest first. */
  get reloads(): readonly PastReload[] {
    return this.#reloads.toReversed();
  }

  /** Null before the start. */
  get newest(): PastReload | null {
    return this.#reloads.at(-1) ?? null;
  }

  /** Changes with each reload. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** The one whose document is in force; null before the start. */
  get inForce(): PastReload | null {
    return this.#reloads.findLast(({ outcome }) => outcome !== "rejected") ?? null;
  }

  /** For another process: without the documents, which only this one has read. */
  pack(): PackedHistory {
    return this.#reloads.map(({ configuration: _, former: __, error, at, ...reload }) => ({
      ...reload,
      ...{ at: at.toISOString(), error: error && { name: error.name, message: error.message } },
    }));
  }

  /** Before those of this process. */
  unpack(packed: PackedHistory): void {
    const reloads = packed.map(({ error, at, ...reload }): PastReload => {
      const reason = error && Object.assign(new Error(error.message), { name: error.name });
      return { ...reload, at: new Date(at), error: reason, configuration: null, former: null };
    });
    this.#reloads = withinLimits([...reloads, ...this.#reloads]);
    this.#lastNumber = Math.max(this.#lastNumber, ...reloads.map(({ number }) => number));
  }

  follow(lifecycle: Lifecycle): void {
    const nothing = { plan: null, certificatesChanged: false, warnings: [], error: null };
    lifecycle.listen(["server.running"], () => this.#succeeded({ ...nothing, by: "start", outcome: "started" }));
    lifecycle.listen(["reload.carriedOut"], ({ by, plan, certificatesChanged, warnings }) =>
      this.#succeeded({
        ...nothing,
        ...{ by, outcome: "carried-out", plan: shortened(plan), certificatesChanged, warnings },
      }),
    );
    lifecycle.listen(["reload.rejected"], ({ by, plan, error }) =>
      this.#add({
        ...nothing,
        ...{ by, outcome: "rejected", plan: shortened(plan), error, configuration: null, former: null },
      }),
    );
  }

  #succeeded(reload: Omit<PastReload, "number" | "at" | "generation" | "configuration" | "former">): void {
    const { configuration } = this.#server;
    this.#add({ ...reload, configuration, former: this.inForce?.configuration ?? null });
  }

  #add(reload: Omit<PastReload, "number" | "at" | "generation">): void {
    this.#lastNumber += 1;
    const { generation } = this.#server;
    const added = { ...reload, number: this.#lastNumber, at: dateOf(this.#clock), generation };
    this.#reloads = withinLimits([...this.#reloads, added]);
  }
}

function shortened(plan: ReloadPlan | null): ShortPlan | null {
  return plan && shortPlan(plan, mostPlanned);
}

/** Older documents are dropped first, and then with them their reloads. */
function withinLimits(reloads: readonly PastReload[]): readonly PastReload[] {
  const kept = new Set<Configuration>();
  let objects = 0;
  return reloads
    .slice(-mostReloads)
    .toReversed()
    .map((reload): PastReload => {
      const { configuration, former } = reload;
      for (const one of [configuration, former]) {
        if (one === null || kept.has(one)) continue;
        objects += sizeOf(one);
        if (kept.size < 2 || objects <= mostKeptObjects) kept.add(one);
      }
      const isDropped = (one: Configuration | null) => one !== null && !kept.has(one);
      if (!isDropped(configuration) && !isDropped(former)) return reload;
      return {
        ...reload,
        configuration: isDropped(configuration) ? null : configuration,
        former: isDropped(former) ? null : former,
      };
    })
    .toReversed();
}

function sizeOf({ listeners, certificates, accounts, blocked, allowed }: Configuration): number {
  return 1 + listeners.length + certificates.length + accounts.length + blocked.length + allowed.length;
}
