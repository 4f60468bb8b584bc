/**
 * The timers of `after`, on the actor system's clock.
 *
 * XState's scheduler keeps each timer under a property name of its own in two plain objects, which costs the engine a
 * hidden class a time, and more the more actors live. These timers are slots of an array instead. In return the system's
 * list of scheduled events does not show them, and an actor's end has to be told to `cancelAll`.
 */
import type { AnyActorRef, AnyActorScope, EventObject } from "xstate";

/** One `after` of one state. */
export interface AfterTimer {
  readonly slot: number;
  readonly event: EventObject;
}

export const runningTimers = Symbol("the timers of `after` that run, by their slots");

/** Kept with the scope, which costs less than an entry of a WeakMap. */
interface TimedScope extends AnyActorScope {
  [runningTimers]?: unknown[] | undefined;
}

/** Hidden from XState's types; delivers as the scheduler does, so that inspectors see where the event comes from. */
interface RelayingSystem {
  _relay(source: AnyActorRef, target: AnyActorRef, event: EventObject): void;
}

export class AfterTimers {
  readonly #timers = new Map<string, AfterTimer>();

  /** @param type The event's, which is also XState's name for the timer: `xstate.after.<delay>.<state's id>`. */
  timer(type: string): AfterTimer {
    const timer = this.#timers.get(type) ?? { slot: this.#timers.size, event: { type } };
    this.#timers.set(type, timer);
    return timer;
  }

  /** @param delay Milliseconds. */
  start(scope: TimedScope, { slot, event }: AfterTimer, delay: number): void {
    const { self, system } = scope;
    scope[runningTimers] ??= new Array(this.#timers.size);
    const running = scope[runningTimers];
    running[slot] = system._clock.setTimeout(() => {
      running[slot] = undefined;
      (system as unknown as RelayingSystem)._relay(self, self, event);
    }, delay);
  }

  cancel(scope: TimedScope, { slot }: AfterTimer): void {
    const running = scope[runningTimers];
    const timer = running?.[slot];
    if (running === undefined || timer === undefined) return;
    running[slot] = undefined;
    scope.system._clock.clearTimeout(timer);
  }

  /** The actor has ended without leaving its states. */
  cancelAll(scope: TimedScope): void {
    const running = scope[runningTimers] ?? [];
    for (const timer of running) if (timer !== undefined) scope.system._clock.clearTimeout(timer);
    scope[runningTimers] = undefined;
  }
}
