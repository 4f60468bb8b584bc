/** Runs the chart of a session, and has its effects carried out by the session. */
import { type AnyStateMachine, createActor, type EventObject } from "xstate";
import type { EndCause } from "../../machines/causes.ts";
import type { Inspector } from "../../machines/inspector.ts";
import { type LifecycleMode, lifecycleLogic } from "../../machines/lifecycle-logic.ts";

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

type Carrier = Readonly<Record<string, () => void>>;

/**
 * The implementations are shared by all sessions; the actor tells which one is meant. The session is not in the context,
 * which inspectors see: it knows passwords.
 */
const carriers = new WeakMap<object, Carrier>();

function carrierOf(actor: object): Carrier {
  const carrier = carriers.get(actor);
  if (!carrier) throw new Error("The chart of a session ran in an actor that no session carries.");
  return carrier;
}

/** The chart of a protocol's sessions, ready to run. `Effects` are those that it names, as methods of the session. */
export class SessionChart<State extends string, Effects> {
  readonly #logic: ReturnType<typeof lifecycleLogic>;

  constructor(machine: AnyStateMachine, effects: readonly (keyof Effects & string)[]) {
    const carriedOut = effects.map((name) => [name, ({ self }: { self: object }) => carrierOf(self)[name]?.()]);
    this.#logic = lifecycleLogic(machine.provide({ actions: Object.fromEntries(carriedOut) }));
  }

  start(carrier: Effects & object, { id, inspect, lifecycle }: ChartActorOptions): ChartActor<State> {
    const actor = createActor(this.#logic[lifecycle], { id, inspect });
    carriers.set(actor, carrier as unknown as Carrier);
    actor.start();
    return actor as unknown as ChartActor<State>;
  }
}
