/** Charts of the lifecycle subset made up by fast-check, as plain data that shrinks and prints well. */
import fc from "fast-check";
import {
  type AnyStateMachine,
  and,
  assign,
  cancel,
  createMachine,
  emit,
  log,
  not,
  or,
  raise,
  type StateValue,
  stateIn,
} from "xstate";

/** What the guards of random charts answer; a test sets it before each step. */
export interface GuardOutcomes {
  first: boolean;
  second: boolean;
}

/** Events that a test sends; charts name them, match them by wildcards, or do not know them. */
export const eventTypes = ["E", "F", "tls", "tls.secured", "tls.secured.late", "unknown"] as const;

const keys = ["a", "b", "c"] as const;
const descriptors = ["E", "F", "tls.secured", "tls.*", "tls.secured.*", "*", "R"] as const;
const targets = ["#chart", "#chart.a", "#chart.b", "#chart.c", "#chart.a.a", "#chart.b.a", "#chart.b.b"] as const;
const delays = ["5", "10", "25", "fixed", "dynamic"] as const;
const actionNames = ["note", "tell", "count", "store"] as const;
const guardForms = ["first", "second", "params", "inline", "and", "or", "not", "in", "alias"] as const;

const action = fc.oneof(
  { weight: 5, arbitrary: fc.record({ name: fc.constantFrom(...actionNames), params: paramsForm() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      name: fc.constantFrom("inline", "assign", "raise", "delay", "cancel", "emit", "log", "unprovided", "fail"),
    }),
  },
);
type ActionSpec = { readonly name: string; readonly params?: "none" | "fixed" | "computed" };

function paramsForm() {
  return fc.constantFrom("none" as const, "fixed" as const, "computed" as const);
}

const transition = fc.record({
  target: fc.option(fc.constantFrom(...targets), { nil: undefined, freq: 5 }),
  reenter: fc.boolean(),
  guard: fc.option(fc.constantFrom(...guardForms), { nil: undefined }),
  actions: fc.array(action, { maxLength: 3 }),
});
type TransitionSpec = {
  readonly target: string | undefined;
  readonly reenter: boolean;
  readonly guard: (typeof guardForms)[number] | undefined;
  readonly actions: readonly ActionSpec[];
};

const candidates = fc.array(transition, { maxLength: 2 });
const behaviour = {
  on: fc.dictionary(fc.constantFrom(...descriptors), fc.option(candidates, { nil: undefined, freq: 6 }), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  after: fc.dictionary(fc.constantFrom(...delays), candidates, { maxKeys: 1, noNullPrototype: true }),
  always: fc.oneof({ weight: 7, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: candidates }),
  entry: fc.array(action, { maxLength: 2 }),
  exit: fc.array(action, { maxLength: 2 }),
  tags: fc.subarray(["safe", "open", "busy"]),
};
const state = fc.record({
  ...behaviour,
  final: fc.constant(false),
  onDone: candidates,
  initialActions: fc.array(action, { maxLength: 2 }),
  states: fc.option(fc.record({ a: fc.record(behaviour), b: fc.record({ ...behaviour, final: fc.boolean() }) }), {
    nil: undefined,
  }),
});
const last = fc.record({ ...behaviour, final: fc.boolean() });

interface StateSpec {
  readonly on: Readonly<Record<string, readonly TransitionSpec[] | undefined>>;
  readonly after: Readonly<Record<string, readonly TransitionSpec[]>>;
  readonly always: readonly TransitionSpec[];
  readonly entry: readonly ActionSpec[];
  readonly exit: readonly ActionSpec[];
  readonly tags: readonly string[];
  readonly final?: boolean;
  readonly onDone?: readonly TransitionSpec[];
  readonly initialActions?: readonly ActionSpec[];
  readonly states?: Readonly<Record<string, StateSpec>> | undefined;
}

export interface ChartSpec extends StateSpec {
  readonly states: Readonly<Record<string, StateSpec>>;
  readonly factory: boolean;
  readonly output: boolean;
}

export const chart: fc.Arbitrary<ChartSpec> = fc.record({
  ...behaviour,
  initialActions: fc.array(action, { maxLength: 1 }),
  states: fc.record({ a: state, b: state, c: last }),
  factory: fc.boolean(),
  output: fc.boolean(),
});

/** The same chart, as an actor of the table can run it: no action works on the actor's system, and the root has no `after`. */
export function withoutSystem(spec: ChartSpec): ChartSpec {
  const replace = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(replace);
    if (typeof part !== "object" || part === null) return part;
    const entries = Object.entries(part).map(([key, value]) => [
      key,
      key === "name" && ["delay", "cancel", "log"].includes(value) ? "inline" : replace(value),
    ]);
    return Object.fromEntries(entries);
  };
  return { ...(replace(spec) as ChartSpec), after: {} };
}

/** How often guard, action and mapper implementations really ran is noted in `calls`. */
export function machineOf(spec: ChartSpec, outcomes: GuardOutcomes, calls: unknown[] = []): AnyStateMachine {
  const existing = new Set(existingIds(spec));
  const config = {
    ...configOf(spec, { calls, existing, outcomes }),
    id: "chart",
    context: spec.factory ? ({ input }: { input: { count: number } }) => ({ count: input.count }) : { count: 0 },
    ...(spec.output ? { output: ({ event }: Seen) => ({ output: "output" in event ? event.output : null }) } : {}),
    options: { maxIterations: 20 },
  };
  return createMachine(config as never, implementations(outcomes, calls) as never);
}

interface Build {
  readonly calls: unknown[];
  readonly existing: ReadonlySet<string>;
  readonly outcomes: GuardOutcomes;
}

interface Seen {
  readonly context: { readonly count: number };
  readonly event: { readonly type: string };
}

function existingIds(spec: ChartSpec): string[] {
  const inner = Object.entries(spec.states).flatMap(([key, { states, final }]) =>
    states && !final ? Object.keys(states).map((child) => `#chart.${key}.${child}`) : [],
  );
  return ["#chart", ...keys.map((key) => `#chart.${key}`), ...inner];
}

function configOf(spec: StateSpec, build: Build): object {
  const states = spec.final ? undefined : spec.states;
  const transitions = (list: readonly TransitionSpec[]) => list.map((each) => transitionOf(each, build));
  const mapped = (record: Readonly<Record<string, readonly TransitionSpec[] | undefined>>) =>
    Object.fromEntries(Object.entries(record).map(([key, list]) => [key, list && transitions(list)]));
  return {
    on: mapped(spec.on),
    ...(Object.keys(spec.after).length > 0 ? { after: mapped(spec.after) } : {}),
    ...(spec.always.length > 0 ? { always: transitions(spec.always) } : {}),
    entry: actionsOf(spec.entry, build),
    exit: actionsOf(spec.exit, build),
    tags: spec.tags,
    meta: { tags: spec.tags.length },
    ...(spec.final ? { type: "final", output: ({ context }: Seen) => context.count } : {}),
    ...(states && {
      initial: { target: "a", actions: actionsOf(spec.initialActions ?? [], build) },
      states: Object.fromEntries(Object.entries(states).map(([key, child]) => [key, configOf(child, build)])),
      ...(spec.onDone ? { onDone: transitions(spec.onDone) } : {}),
    }),
  };
}

function transitionOf({ target, reenter, guard, actions }: TransitionSpec, build: Build): object {
  return {
    ...(target !== undefined && { target: build.existing.has(target) ? target : "#chart.c" }),
    reenter,
    ...(guard && { guard: guardOf(guard, build.outcomes) }),
    actions: actionsOf(actions, build),
  };
}

function guardOf(form: (typeof guardForms)[number], outcomes: GuardOutcomes): unknown {
  const value: StateValue = "a";
  switch (form) {
    case "params":
      return { type: "even", params: ({ context }: Seen) => ({ of: context.count }) };
    case "inline":
      return ({ context }: Seen) => outcomes.first && context.count < 2;
    case "and":
      return and(["first", { type: "even", params: { of: 2 } }, "second"]);
    case "or":
      return or(["first", "second"]);
    case "not":
      return not("second");
    case "in":
      return stateIn(value);
    default:
      return form;
  }
}

function actionsOf(specs: readonly ActionSpec[], build: Build): unknown[] {
  return specs.map((spec) => actionOf(spec, build));
}

function actionOf({ name, params }: ActionSpec, { calls }: Build): unknown {
  switch (name) {
    case "inline":
      return ({ context, event }: Seen) => calls.push(["inline", context.count, event.type]);
    case "assign":
      return assign({ count: ({ context }) => (context["count"] + 1) % 3 });
    case "raise":
      return raise({ type: "R" });
    case "delay":
      return raise({ type: "F" }, { id: "late", delay: 15 });
    case "cancel":
      return cancel("late");
    case "emit":
      return emit(({ context }) => ({ type: "emitted", count: context["count"] }));
    case "log":
      return log(({ event }) => event.type);
    default:
      if (params === "fixed") return { type: name, params: { by: 2 } };
      if (params === "computed") return { type: name, params: ({ context }: Seen) => ({ by: context.count }) };
      return name;
  }
}

function implementations(outcomes: GuardOutcomes, calls: unknown[]): object {
  const noted = (name: string) =>
    function noted({ context, event }: Seen, params: unknown) {
      calls.push([name, context, event, params]);
    };
  return {
    actions: {
      note: noted("note"),
      tell: noted("tell"),
      count: assign({
        count: ({ context }, params: { by: number } | undefined) => (context["count"] + (params?.by ?? 1)) % 3,
      }),
      store: assign(({ context, event }) => ({ [event.type === "E" ? "e" : "other"]: context["count"] })),
      fail: ({ context, event }: Seen) => {
        if (context.count === 2 && event.type === "E") throw new Error("E comes at a count of two.");
      },
    },
    guards: {
      first: () => outcomes.first,
      second: () => outcomes.second,
      even: (_: Seen, { of }: { of: number }) => of % 2 === 0,
      alias: not("first"),
    },
    delays: { fixed: 10, dynamic: ({ context }: Seen) => 10 * (context.count + 1) },
  };
}
