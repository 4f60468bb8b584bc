/** The chart of a protocol's sessions by itself, with effects that only note their names. */
import { type Actor, type AnyStateMachine, createActor, type EventFromLogic } from "xstate";

/** Types of the events that are nothing besides: all but `session.ended`, which has a cause. */
export type PlainType<TMachine extends AnyStateMachine> = Exclude<EventFromLogic<TMachine>["type"], "session.ended">;

export interface SessionChart<TMachine extends AnyStateMachine> {
  /** Names of the effects, in the order in which they ran, since `reach` was called last. */
  readonly done: readonly string[];
  /** A new actor that has taken these events. */
  reach(...types: PlainType<TMachine>[]): Actor<TMachine>;
}

export function sessionChart<TMachine extends AnyStateMachine>(
  machine: TMachine,
  effects: readonly string[],
): SessionChart<TMachine> {
  const done: string[] = [];
  const noted = effects.map((name) => [name, () => void done.push(name)]);
  const provided = machine.provide({ actions: Object.fromEntries(noted) }) as TMachine;
  return {
    done,
    reach: (...types) => {
      done.length = 0;
      const actor = createActor(provided);
      actor.start();
      for (const type of types) actor.send({ type } as EventFromLogic<TMachine>);
      return actor;
    },
  };
}
