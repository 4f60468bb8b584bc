/**
 * All that has come from all programs, within bounds: of events the newest are kept, of actors those that live rather
 * than those that have ended.
 */
import type { Message, ShownSnapshot } from "./message.ts";
import { type Entry, WatchedActor } from "./watched-actor.ts";

/** Events that are kept, their characters in all, and actors. The documentation names these. */
export const mostEntries = 10_000;
const mostCharacters = 33_554_432;
const mostActors = 5_000;

const unknownYet: ShownSnapshot = { status: "active", state: "", active: [], json: { text: "", cutFrom: null } };

export class Collection {
  /** By their keys, in order of arrival. */
  readonly actors = new Map<string, WatchedActor>();
  readonly roots = new Set<WatchedActor>();
  /** Those whose parent has not been heard of. */
  readonly #orphans = new Map<string, Set<WatchedActor>>();
  #entries: Entry[] = [];
  #first = 0;
  #characters = 0;
  #sequence = 0;

  /** Oldest first. */
  entries(): readonly Entry[] {
    if (this.#first > 0) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    return this.#entries;
  }

  /** Of the newest entry. */
  get sequence(): number {
    return this.#sequence;
  }

  add(source: string, message: Message): void {
    const { sessionId, at } = message;
    const actor = this.#actorOf(source, message);
    actor.isLost = false;
    if (message.kind === "event") {
      const sender =
        message.sourceId === null ? null : (this.actors.get(keyOf(source, message.sourceId))?.name ?? message.sourceId);
      this.#keep({ at, actor, event: message.event, sender, snapshot: null });
    } else if (message.kind === "snapshot") {
      const { event, snapshot } = message;
      const last = actor.steps.at(-1);
      // A page that was too slow, or came back, is sent again what it has.
      if (last && last.at === at && last.event.type === event.type && last.snapshot?.json.text === snapshot.json.text)
        return;
      const entry = actor.completed(event, snapshot);
      if (entry) this.#count(sizeOf(snapshot));
      else this.#keep({ at, actor, event, sender: null, snapshot });
    } else if (actor.parent === null && message.parentId !== null && message.parentId !== sessionId)
      this.#adopt(actor, keyOf(source, message.parentId));
  }

  /** Nothing more comes from this source, or some of it was missed. */
  lose(source: string): void {
    for (const actor of this.actors.values())
      if (actor.source === source && actor.now.status === "active") actor.isLost = true;
  }

  /** Forgets the events, and the actors that are ghosts. */
  clear(): void {
    for (const entry of this.entries()) entry.actor.forget(entry);
    this.#entries = [];
    this.#characters = 0;
    for (const actor of [...this.actors.values()].reverse())
      if (actor.isGhost && actor.children.size === 0) this.#remove(actor);
  }

  #actorOf(source: string, message: Message): WatchedActor {
    const key = keyOf(source, message.sessionId);
    const known = this.actors.get(key);
    const registration =
      message.kind === "actor"
        ? message
        : { name: message.sessionId, definition: null, worker: null, snapshot: unknownYet };
    if (known && message.kind === "actor") known.registerAgain(message);
    if (known) return known;
    const actor = new WatchedActor({ key, source, sessionId: message.sessionId, since: this.#sequence }, registration);
    this.actors.set(key, actor);
    this.roots.add(actor);
    for (const child of this.#orphans.get(key) ?? []) this.#adopt(child, key);
    this.#orphans.delete(key);
    if (this.actors.size > mostActors) this.#removeOldest();
    return actor;
  }

  #adopt(actor: WatchedActor, parentKey: string): void {
    const parent = this.actors.get(parentKey);
    if (!parent) {
      const orphans = this.#orphans.get(parentKey) ?? new Set();
      this.#orphans.set(parentKey, orphans.add(actor));
      return;
    }
    for (let above: WatchedActor | null = parent; above; above = above.parent) if (above === actor) return;
    actor.parent = parent;
    parent.children.add(actor);
    this.roots.delete(actor);
  }

  #keep(facts: Omit<Entry, "sequence">): void {
    this.#sequence += 1;
    const entry = { ...facts, sequence: this.#sequence };
    entry.actor.heard(entry);
    this.#entries.push(entry);
    this.#count(sizeOf(entry.event) + (entry.snapshot ? sizeOf(entry.snapshot) : 0));
  }

  #count(characters: number): void {
    this.#characters += characters;
    while (this.#entries.length - this.#first > mostEntries || this.#characters > mostCharacters) {
      const oldest = this.#entries[this.#first];
      if (!oldest) return;
      this.#first += 1;
      this.#characters -= sizeOf(oldest.event) + (oldest.snapshot ? sizeOf(oldest.snapshot) : 0);
      oldest.actor.forget(oldest);
    }
    if (this.#first > mostEntries) this.entries();
  }

  /** A ghost before one that lives; its own are of its parent then. */
  #removeOldest(): void {
    let chosen: WatchedActor | undefined;
    for (const actor of this.actors.values()) {
      chosen ??= actor;
      if (!actor.isGhost) continue;
      chosen = actor;
      break;
    }
    if (chosen) this.#remove(chosen);
  }

  #remove(actor: WatchedActor): void {
    const { parent } = actor;
    this.actors.delete(actor.key);
    this.roots.delete(actor);
    parent?.children.delete(actor);
    for (const child of actor.children) {
      child.parent = parent;
      (parent?.children ?? this.roots).add(child);
    }
    for (const orphans of this.#orphans.values()) orphans.delete(actor);
  }
}

function keyOf(source: string, sessionId: string): string {
  return `${source} ${sessionId}`;
}

function sizeOf({ json }: { readonly json: { readonly text: string } }): number {
  return json.text.length;
}
