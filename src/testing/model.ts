/** A model: a chart, what causes its events in reality, and how to find its real counterpart. */
import type { AnyEventObject, AnyStateMachine } from "xstate";
import type { Bench } from "./bench.ts";
import type { Driver } from "./driver.ts";
import type { Invariant } from "./invariants.ts";
import type { Situation } from "./situation.ts";

/** Something that is done to the real instance, and what the chart should notice of it. */
export interface Stimulus<World extends Driver = Driver> {
  /** A short sentence, unique within the model: scripts are lists of these. */
  readonly name: string;
  /** The events that the chart gets from it, in order; none when it should notice nothing. */
  readonly events: readonly AnyEventObject[] | ((situation: Situation) => readonly AnyEventObject[]);
  /** Whether it can be done here; everywhere by default. Must depend on the situation alone. */
  possible?(situation: Situation): boolean;
  /** Adds to `facts`. */
  readonly leaves?: readonly string[];
  /** Possible once in a path at most. */
  readonly once?: boolean;
  /** Does it. The oracle waits for the effect. */
  apply(world: World): void | Promise<void>;
}

/** A difference between the chart and the real instance. */
export interface Difference {
  /** What was compared, e.g. `state`, `slots`. */
  readonly of: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** A time-out of the chart. */
export interface Timeout {
  /** The state that it belongs to, e.g. `handshaking`. */
  readonly state: string;
  /** Its name, or milliseconds. */
  readonly delay: string | number;
}

export interface Model<World extends Driver = Driver> {
  /**
   * The chart. Guards that depend on the real world are provided so that they read the answer from a stimulus's event.
   */
  readonly machine: AnyStateMachine;
  /** The chart's input. */
  readonly input?: unknown;
  /** The chart's time-outs need none: a path lets each pass by itself. */
  readonly stimuli: readonly Stimulus<World>[];
  /** The date at which each path begins, which passes with the clock's time; dates are the system's without it. */
  readonly date?: Date;
  /** Sets a real instance up for one path. */
  open(bench: Bench): World | Promise<World>;
  /** Selects the actor of this chart, by its id; by default the first. */
  follows?(id: string): boolean;
  /** The fields of the context in which chart and instance must agree; none by default. */
  readonly context?: readonly string[];
  /**
   * Checks what must be true in this situation besides the chart's state; repeated until it is, or the patience is
   * over.
   */
  compare?(world: World, situation: Situation): readonly Difference[] | Promise<readonly Difference[]>;
  /** What is true on every path of this model, in addition to the general invariants. */
  readonly invariants?: readonly Invariant<World>[];
  /** Whether one of the chart's time-outs can expire here, or something else would come first; always by default. */
  mayPass?(timeout: Timeout, situation: Situation): boolean;
  /**
   * How long one of the chart's time-outs takes here, in milliseconds; by default computed from the model's context.
   */
  milliseconds?(timeout: Timeout, situation: Situation): number | undefined;
}
