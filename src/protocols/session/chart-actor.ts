/** Runs the chart of a session, and has its effects carried out by the session. */
import type { AnyStateMachine, EventObject } from "xstate";
import type { EndCause } from "../../machines/causes.ts";
import type { Inspector } from "../../machines/inspector.ts";
import { carrierOf, createLifecycleActor, type LifecycleMode, lifecycleLogic } from "../../machines/lifecycle-logic.ts";

/** What a session needs of its actor. */
export interface ChartActor<State extends string> {
  getSnapshot(): {
    readonly value: State;
    readonly context: { readonly cause: EndCause };
    can(event: EventObject): boolean;
  };
  send(event: EventObject & { readonly cause?: EndCause }): void;
}

export interface ChartActorOptions {
  readonly id: string;
  readonly inspect: Inspector | undefined;
  readonly lifecycle: LifecycleMode;
}

/** The chart of a protocol's sessions, ready to run. `Effects` are those that it names, as methods of the session. */
export class SessionChart<State extends string, Effects> {
  readonly #logic: ReturnType<typeof lifecycleLogic>;

  constructor(machine: AnyStateMachine, effects: readonly (keyof Effects & string)[]) {
    const carriedOut = effects.map((name) => [name, ({ self }: { self: object }) => carryOut(self, name)]);
    this.#logic = lifecycleLogic(machine.provide({ actions: Object.fromEntries(carriedOut) }));
  }

  start(carrier: Effects & object, { id, inspect, lifecycle }: ChartActorOptions): ChartActor<State> {
    const actor = createLifecycleActor(this.#logic, { mode: lifecycle, id, input: undefined, inspect, carrier });
    actor.start();
    return actor as unknown as ChartActor<State>;
  }
}

/**
 * The implementations are shared by all sessions; the actor tells which one is meant. The session is not in the context,
 * which inspectors see: it knows passwords.
 */
function carryOut(actor: object, effect: string): void {
  const session = carrierOf(actor) as Readonly<Record<string, () => void>> | undefined;
  if (!session) throw new Error("The chart of a session ran in an actor that no session carries.");
  session[effect]?.();
}
