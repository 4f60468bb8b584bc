/** An actor that is watched: what it is, and its path as far as it is kept. */
import type { ShownEvent, ShownSnapshot } from "./message.ts";

/** Something that happened to an actor: an event, and the snapshot that it led to once that has come. */
export interface Entry {
  /** Counted from 1 over all actors. */
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly actor: WatchedActor;
  readonly event: ShownEvent;
  /** Who sent it; null when that is not known. */
  readonly sender: string | null;
  snapshot: ShownSnapshot | null;
}

export interface Registration {
  readonly name: string;
  readonly definition: string | null;
  readonly worker: number | null;
  readonly snapshot: ShownSnapshot;
}

export class WatchedActor {
  /** Among all sources. */
  readonly key: string;
  readonly source: string;
  readonly sessionId: string;
  /** The newest entry when it registered: before, it did not exist. */
  readonly since: number;
  readonly children = new Set<WatchedActor>();
  parent: WatchedActor | null = null;
  /** An event or a snapshot of it has come. One that was only registered may never have been started. */
  hasStarted = false;
  /** Nothing more is heard of it: its program has gone, or it may have ended while events were missed. */
  isLost = false;
  name: string;
  definition: string | null;
  worker: number | null;
  /** Before the first of its steps. */
  #before: ShownSnapshot;
  /** Entries with a snapshot, in order. */
  readonly #steps: Entry[] = [];
  /** Events whose snapshot has not come. */
  readonly #pending: Entry[] = [];

  constructor(
    { key, source, sessionId, since }: Pick<WatchedActor, "key" | "source" | "sessionId" | "since">,
    { name, definition, worker, snapshot }: Registration,
  ) {
    this.key = key;
    this.source = source;
    this.sessionId = sessionId;
    this.since = since;
    this.name = name;
    this.definition = definition;
    this.worker = worker;
    this.#before = snapshot;
  }

  get steps(): readonly Entry[] {
    return this.#steps;
  }

  get now(): ShownSnapshot {
    return this.#steps.at(-1)?.snapshot ?? this.#before;
  }

  get isGhost(): boolean {
    return !this.hasStarted || this.isLost || this.now.status !== "active";
  }

  /** It was registered before, by a page that it is not new to. */
  registerAgain({ name, definition, worker, snapshot }: Registration): void {
    this.name = name;
    this.worker = worker;
    this.definition = definition ?? this.definition;
    if (!this.hasStarted) this.#before = snapshot;
  }

  /** Which of its steps was the newest at a moment; -1 before its first one. */
  stepAt(sequence: number): number {
    let [low, high] = [0, this.#steps.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#steps[middle]?.sequence ?? 0) <= sequence) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** As it was at a moment; null before it was there. */
  snapshotAt(sequence: number): ShownSnapshot | null {
    if (sequence < this.since) return null;
    return this.snapshotOfStep(this.stepAt(sequence));
  }

  /** @param step -1 for what was before the first. */
  snapshotOfStep(step: number): ShownSnapshot {
    return this.#steps[step]?.snapshot ?? this.#before;
  }

  heard(entry: Entry): void {
    this.hasStarted = true;
    if (entry.snapshot) this.#steps.push(entry);
    else this.#pending.push(entry);
  }

  /** @returns the event that led to a snapshot: actors take their events in order. */
  completed(event: ShownEvent, snapshot: ShownSnapshot): Entry | null {
    const at = this.#pending.findIndex(({ event: { type } }) => type === event.type);
    const entry = this.#pending[at];
    if (!entry) return null;
    this.#pending.splice(0, at + 1);
    entry.snapshot = snapshot;
    this.#steps.push(entry);
    return entry;
  }

  /** An entry is kept no longer: it is the oldest. */
  forget(entry: Entry): void {
    if (this.#steps[0] === entry) {
      this.#before = entry.snapshot ?? this.#before;
      this.#steps.shift();
    } else if (this.#pending[0] === entry) this.#pending.shift();
  }
}
