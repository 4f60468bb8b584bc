/** What inspection shows of the actors of a real instance: their states, and the transitions that they took. */
import type { AnyMachineSnapshot, AnyTransitionDefinition, InspectionEvent } from "xstate";
import { triggerText } from "../charts/text.ts";
import { type Pair, stateText } from "./chart.ts";

/** A transition that a real actor took. */
export interface ObservedTransition extends Pair {
  /** The chart's id. */
  readonly chart: string;
  /** The actor's id. */
  readonly actor: string;
  /** Where it led. */
  readonly to: string;
}

/** An actor of a chart, as far as it has been observed. */
export interface ObservedActor {
  readonly id: string;
  readonly chart: string;
  readonly snapshot: AnyMachineSnapshot;
  /** When each state that it is in was entered, by its path: `paused.held`. */
  readonly enteredAt: ReadonlyMap<string, number>;
}

interface Followed extends ObservedActor {
  snapshot: AnyMachineSnapshot;
  readonly enteredAt: Map<string, number>;
}

type StateListener = (actor: ObservedActor, state: string) => void;

/** Pass it as the `inspect` option. */
export class Observation {
  readonly transitions: ObservedTransition[] = [];
  /** Events that a chart had no transition for. */
  readonly ignored: Pair[] = [];
  readonly #now: () => number;
  readonly #actors = new Map<object, Followed>();
  readonly #entered = new Set<StateListener>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** In the order in which they were first seen. */
  get actors(): readonly ObservedActor[] {
    return [...this.#actors.values()];
  }

  /** Calls back when an actor has entered a state, in mid-transition. @returns a function that ends it. */
  onState(listener: StateListener): () => void {
    this.#entered.add(listener);
    return () => void this.#entered.delete(listener);
  }

  readonly inspect = (event: InspectionEvent): void => {
    if (event.type !== "@xstate.microstep" && event.type !== "@xstate.snapshot") return;
    const snapshot = event.snapshot as AnyMachineSnapshot;
    // Promises and callbacks are actors too.
    if (snapshot.machine === undefined) return;
    const before = this.#actors.get(event.actorRef);
    if (event.type === "@xstate.microstep") this.#note(before, event);
    const id = idOf(event.actorRef);
    const actor = before ?? { id, chart: snapshot.machine.id, snapshot, enteredAt: new Map<string, number>() };
    if (!before) this.#actors.set(event.actorRef, actor);
    actor.snapshot = snapshot;
    this.#enter(actor);
  };

  #note(before: Followed | undefined, event: Extract<InspectionEvent, { type: "@xstate.microstep" }>): void {
    const snapshot = event.snapshot as AnyMachineSnapshot;
    const transitions: readonly AnyTransitionDefinition[] = event._transitions;
    if (!before) return;
    const from = stateText(before.snapshot._nodes);
    const at = { chart: snapshot.machine.id, actor: idOf(event.actorRef), to: stateText(snapshot._nodes), state: from };
    if (transitions.length === 0) this.ignored.push({ state: from, event: event.event.type });
    for (const transition of transitions) {
      this.transitions.push({ ...at, event: triggerText(transition) });
      // A state that is left and entered again has started again.
      if (transition.reenter) for (const { path } of transition.target ?? []) before.enteredAt.delete(path.join("."));
    }
  }

  #enter(actor: Followed): void {
    const states = new Set(actor.snapshot._nodes.map(({ path }) => path.join(".")));
    for (const state of actor.enteredAt.keys()) if (!states.has(state)) actor.enteredAt.delete(state);
    for (const state of states) {
      if (actor.enteredAt.has(state)) continue;
      actor.enteredAt.set(state, this.#now());
      for (const listener of [...this.#entered]) listener(actor, state);
    }
  }
}

/** Every actor has one; XState's inspection types do not say so. */
function idOf(actor: object): string {
  return String(Reflect.get(actor, "id"));
}
