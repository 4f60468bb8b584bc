import type { MachineContext } from "xstate";
import type { DirectSnapshot, Whereabouts } from "./direct-snapshot.ts";
import type { Interpreter } from "./interpreter.ts";
import { active } from "./macrostep.ts";
import type { Configuration } from "./table.ts";

/**
 * Snapshots of actors that nobody watches. As long as nothing has been assigned, actors have the context that they began
 * with, which is mostly the same for all of them: they share one snapshot for each configuration.
 */
export class CommonSnapshots {
  /** Before an actor has entered anything. */
  readonly beginning: DirectSnapshot;
  readonly #interpreter: Interpreter;
  /** The one that the last actor began with. */
  #context: MachineContext | null = null;
  readonly #ofConfiguration = new Map<Configuration, DirectSnapshot>();

  constructor(interpreter: Interpreter) {
    this.#interpreter = interpreter;
    this.beginning = interpreter.directSnapshot({ configuration: interpreter.beginning, context: {}, outcome: active });
  }

  /** An actor has begun. */
  begun(whereabouts: Whereabouts): DirectSnapshot {
    if (whereabouts.context !== this.#context) {
      this.#context = whereabouts.context;
      this.#ofConfiguration.clear();
    }
    return this.of(whereabouts);
  }

  of(whereabouts: Whereabouts): DirectSnapshot {
    const { configuration, context, outcome } = whereabouts;
    if (context !== this.#context || outcome !== active) return this.#interpreter.directSnapshot(whereabouts);
    let common = this.#ofConfiguration.get(configuration);
    if (!common) {
      common = this.#interpreter.directSnapshot(whereabouts);
      this.#ofConfiguration.set(configuration, common);
    }
    return common;
  }
}
