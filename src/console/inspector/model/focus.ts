/** What is looked at: an actor, and a moment. */
import type { Collection } from "./collection.ts";
import type { ShownSnapshot } from "./message.ts";
import type { Entry, WatchedActor } from "./watched-actor.ts";

export class Focus {
  /** In lower case. */
  actorSearch = "";
  eventSearch = "";
  hidesGhosts = false;
  onlyThisActor = false;
  /** Keys of actors whose children are not shown. */
  readonly folded = new Set<string>();
  readonly #collection: Collection;
  #actor: WatchedActor | null = null;
  /** The sequence of an entry; null for now, whatever comes. */
  #moment: number | null = null;
  /** Somebody has chosen the actor. */
  #isChosen = false;

  constructor(collection: Collection) {
    this.#collection = collection;
  }

  get actor(): WatchedActor | null {
    return this.#actor;
  }

  get moment(): number | null {
    return this.#moment;
  }

  choose(actor: WatchedActor): void {
    this.#actor = actor;
    this.#isChosen = true;
  }

  goTo(entry: Entry): void {
    this.choose(entry.actor);
    this.#moment = entry.sequence;
  }

  /** @param step of the actor in focus; its last one is the present again when nothing has come since. */
  goToStep(step: number): void {
    const { [step]: entry } = this.#actor?.steps ?? [];
    if (entry) this.#moment = entry.sequence;
  }

  goLive(): void {
    this.#moment = null;
  }

  /** Which step of the actor in focus is shown; -1 before its first. */
  get step(): number {
    if (!this.#actor) return -1;
    return this.#moment === null ? this.#actor.steps.length - 1 : this.#actor.stepAt(this.#moment);
  }

  /** An actor as it is looked at; null when it was not there. */
  snapshotOf(actor: WatchedActor): ShownSnapshot | null {
    return this.#moment === null ? actor.now : actor.snapshotAt(this.#moment);
  }

  /** Until one is chosen, the first actor that runs a chart: one that never starts shows nothing. */
  settle(): void {
    const { actors } = this.#collection;
    if (this.#actor && actors.get(this.#actor.key) !== this.#actor) {
      this.#actor = null;
      this.#isChosen = false;
    }
    if (this.#isChosen || this.#actor?.hasStarted) return;
    for (const actor of actors.values()) {
      if (!actor.hasStarted || actor.now.state === "") continue;
      this.#actor = actor;
      return;
    }
  }

  /** Newest last. */
  entries(): readonly Entry[] {
    const entries = this.#collection.entries();
    if (this.eventSearch === "" && !this.onlyThisActor) return entries;
    return entries.filter((entry) => (!this.onlyThisActor || entry.actor === this.#actor) && this.#isFound(entry));
  }

  #isFound({ actor, event, snapshot, sender }: Entry): boolean {
    if (this.eventSearch === "") return true;
    return `${event.type} ${actor.name} ${sender ?? ""} ${snapshot?.state ?? ""}`
      .toLowerCase()
      .includes(this.eventSearch);
  }
}
