/** Which types of objects have changed, for clients that cache them (RFC 8620 section 7). */
import { accountId } from "../jmap/session.ts";
import { stateString } from "../objects/state-string.ts";

/** By type, `x:NetworkListener`: the state that `/get` would answer with. */
export type ObjectStates = Readonly<Record<string, string>>;

export interface StateChange {
  /** A StateChange object as JSON (RFC 8620 section 7.1). */
  readonly text: string;
  /** The client gives it back when it connects again. */
  readonly id: string;
}

export class StateChanges {
  #known: ObjectStates;

  constructor(known: ObjectStates) {
    this.#known = known;
  }

  /** What has changed since it was last asked; null where nothing has. */
  next(states: ObjectStates): StateChange | null {
    const changed = Object.entries(states).filter(([type, state]) => this.#known[type] !== state);
    this.#known = states;
    return changed.length === 0 ? null : { text: textOf(Object.fromEntries(changed)), id: idOf(states) };
  }

  /** Everything, for a client that comes back and may have missed something; null where it has not. */
  since(lastId: string): StateChange | null {
    const id = idOf(this.#known);
    return id === lastId ? null : { text: textOf(this.#known), id };
  }
}

function textOf(changed: ObjectStates): string {
  return JSON.stringify({ "@type": "StateChange", changed: { [accountId]: changed } });
}

function idOf(states: ObjectStates): string {
  return stateString(JSON.stringify(states));
}
