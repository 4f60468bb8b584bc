/** Runs the chart of a session, and has its effects carried out by the session. */
import type { AnyStateMachine, EventObject } from "xstate";
import type { Inspector } from "../../charts/inspector.ts";
import {
  type ActorFactory,
  actorsOf,
  carrierOf,
  type LifecycleMode,
  lifecycleLogic,
} from "../../charts/lifecycle-logic.ts";
import type { EndCause } from "../../machines/causes.ts";
import type { Wire } from "../protocol.ts";
import type { SessionTag } from "./chart.ts";

/** What a session needs of its actor. */
export interface ChartActor<State extends string> {
  getSnapshot(): {
    readonly value: State;
    readonly context: { readonly cause: EndCause };
    can(event: EventObject): boolean;
    hasTag(tag: SessionTag): boolean;
  };
  send(event: EventObject & { readonly cause?: EndCause }): void;
}

/** A session, as far as the running of its chart needs it. */
interface ChartCarrier {
  readonly wire: Pick<Wire, "id" | "inspect" | "passages" | "runs">;
  readonly settings: { readonly inspect: Inspector | undefined; readonly lifecycle: LifecycleMode };
}

/** The chart of a protocol's sessions, ready to run. `Effects` are those that it names, as methods of the session. */
export class SessionChart<State extends string, Effects> {
  readonly #actors: Readonly<Record<LifecycleMode, ActorFactory<AnyStateMachine, ChartCarrier>>>;

  constructor(machine: AnyStateMachine, effects: readonly (keyof Effects & string)[]) {
    const carriedOut = effects.map((name) => [name, ({ self }: { self: object }) => carryOut(self, name)]);
    const logic = lifecycleLogic(machine.provide({ actions: Object.fromEntries(carriedOut) }));
    const actors = (mode: LifecycleMode) =>
      actorsOf<AnyStateMachine, ChartCarrier>(logic, {
        mode,
        id: ({ wire }) => wire.id,
        inspect: ({ settings, wire }) => settings.inspect ?? wire.inspect,
        passages: ({ wire }) => wire.passages,
      });
    this.#actors = { compiled: actors("compiled"), interpreted: actors("interpreted") };
  }

  start(session: Effects & ChartCarrier): ChartActor<State> {
    const actor = this.#actors[session.settings.lifecycle](session, undefined);
    session.wire.runs?.(actor);
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
