/** A chart's actions and guards, looked up once: functions of the event in progress. */
import type {
  AnyActorScope,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyTransitionDefinition,
  EventObject,
  MachineContext,
  UnknownAction,
} from "xstate";
import { EffectNotProvided } from "./effect-not-provided.ts";
import { CompileError, type RefusedFeature } from "./subset.ts";

/** What an action is given. */
export interface ActionInfo {
  readonly context: MachineContext;
  readonly event: EventObject;
  readonly self: object;
  readonly system: object;
}

/** What guards are given. */
export interface GuardSubject {
  readonly context: MachineContext;
  readonly event: EventObject;
  /** The snapshot in mid-step. */
  asSnapshot(): AnyMachineSnapshot;
}

/** An event being processed by a chart (SCXML 3.13, "macrostep"), as actions and guards see it. */
export interface Macrostep extends ActionInfo, GuardSubject {
  /** As left by the last `assign`. */
  context: MachineContext;
  readonly host: EffectHost;
  /** Raised events, which come before any other. The name is the one that XState's own actions expect. */
  readonly internalQueue: EventObject[];
}

/** Who runs the effects: the actor, once it has started. */
export interface EffectHost {
  carryOut(macrostep: Macrostep, effect: Effect, params: unknown): void;
  carryOutBuiltin(macrostep: Macrostep, builtin: Builtin, params: unknown): void;
  startTimer(macrostep: Macrostep, start: StartTimer): void;
  cancelTimer(macrostep: Macrostep, cancel: CancelTimer): void;
}

export interface Effect {
  readonly type: string;
  /**
   * Undefined when nobody implemented the action: XState reports it to inspectors and goes on, and so does the table.
   */
  readonly exec: ((info: ActionInfo, params: unknown) => void) | undefined;
}

/** An action that XState implements. */
export interface Builtin {
  readonly type: string;
  /**
   * @param scope null when the table runs without XState's own actor. @returns the parameters to execute the action
   * with.
   */
  resolve(scope: AnyActorScope | null, macrostep: Macrostep, params: unknown): object;
  execute(scope: AnyActorScope, params: object): void;
}

/** The entry action that XState makes for an `after`: it raises an event after a delay. */
export interface StartTimer extends Builtin {
  /** A number for each `after` of each state of a chart. */
  readonly slot: number;
  readonly event: EventObject;
  /** In milliseconds; anything else raises the event at once. */
  delay(macrostep: Macrostep): unknown;
}

/** The exit action that XState makes for an `after`. */
export interface CancelTimer extends Builtin {
  readonly slot: number;
  /** XState's name for the timer. */
  readonly sendId: string;
}

export type CompiledAction = (macrostep: Macrostep) => void;

export type CompiledGuard = (subject: GuardSubject) => unknown;

/** Where an action is declared. */
export interface ActionSite {
  readonly machine: AnyStateMachine;
  /** The state's path. */
  readonly path: string;
  /** @param timer XState's name for it: `xstate.after.<delay>.<state's id>`, which is the type of its event as well. */
  slotOf(timer: string): number;
  /** Called when the action uses the actor's system, which only XState's own actors have. */
  needsSystem(): void;
}

type Expression = (args: object, params: unknown) => unknown;

/** The properties that XState's action creators put on the function they return. */
interface XStateAction {
  readonly type: string;
  resolve(...args: readonly unknown[]): readonly [snapshot: object, params: object];
  execute(scope: AnyActorScope, params: object): void;
  readonly assignment?: Expression | Readonly<Record<string, unknown>>;
  readonly event?: EventObject;
  readonly id?: string;
  readonly delay?: number | string;
  readonly sendId?: string;
}

/** Built-in actions that need only a snapshot's machine, which has no children in the subset. */
const carriedOutByXState: ReadonlySet<string> = new Set([
  "xstate.raise",
  "xstate.cancel",
  "xstate.emit",
  "xstate.log",
  "xstate.sendTo",
]);

const refused: Readonly<Record<string, RefusedFeature>> = {
  "xstate.spawnChild": "spawnChild",
  "xstate.stopChild": "stopChild",
  "xstate.enqueueActions": "enqueueActions",
};

/** XState turns every `after` into an entry action that raises an event and an exit action that cancels it. */
const AFTER = "xstate.after.";

/**
 * Looks the action's implementation up once.
 *
 * @throws {CompileError} for a built-in action that starts or stops actors, or that decides what to do at run time.
 */
export function compileAction(action: UnknownAction, site: ActionSite): CompiledAction {
  const { actions } = site.machine.implementations;
  const implementation: unknown = typeof action === "function" ? action : actions?.[typeOf(action) as never];
  const paramsOf = compileParams(action);
  if (!isXStateAction(implementation)) {
    const effect: Effect = { type: typeOf(action), exec: implementation as Effect["exec"] };
    return (macrostep) => macrostep.host.carryOut(macrostep, effect, paramsOf(macrostep));
  }
  const { type, id, sendId, assignment } = implementation;
  if (type === "xstate.assign") return compileAssign(assignment, paramsOf);
  if (!carriedOutByXState.has(type)) {
    throw new CompileError(site.machine.id, { feature: refused[type] ?? "unknown built-in action", path: site.path });
  }
  const builtin = builtinOf(implementation, site.machine);
  if (type === "xstate.raise" && isAfter(id)) {
    const start = { ...builtin, ...timerOf(implementation, site), slot: site.slotOf(id) };
    return (macrostep) => macrostep.host.startTimer(macrostep, start);
  }
  if (type === "xstate.cancel" && isAfter(sendId)) {
    const cancel = { ...builtin, sendId, slot: site.slotOf(sendId) };
    return (macrostep) => macrostep.host.cancelTimer(macrostep, cancel);
  }
  if (!isCarriedOutAtOnce(implementation)) site.needsSystem();
  return (macrostep) => macrostep.host.carryOutBuiltin(macrostep, builtin, paramsOf(macrostep));
}

function typeOf(action: UnknownAction): string {
  if (typeof action === "function") return action.name || "(anonymous)";
  return typeof action === "string" ? action : action.type;
}

function isXStateAction(implementation: unknown): implementation is XStateAction {
  return typeof implementation === "function" && "resolve" in implementation;
}

function isAfter(timer: unknown): timer is string {
  return typeof timer === "string" && timer.startsWith(AFTER);
}

/** Events raised at once need nothing of the actor's system; nor do emitted events, since nobody listens. */
function isCarriedOutAtOnce({ type, delay }: XStateAction): boolean {
  return type === "xstate.emit" || (type === "xstate.raise" && delay === undefined);
}

function compileParams(action: UnknownAction): (macrostep: Macrostep) => unknown {
  const params: unknown = typeof action === "object" && "params" in action ? action.params : undefined;
  if (typeof params === "function") return (macrostep) => params(macrostep);
  return () => params;
}

function compileAssign(
  assignment: XStateAction["assignment"],
  paramsOf: (macrostep: Macrostep) => unknown,
): CompiledAction {
  if (typeof assignment === "function") {
    return (macrostep) => {
      const update = assignment(macrostep, paramsOf(macrostep)) as Partial<MachineContext>;
      macrostep.context = { ...macrostep.context, ...update };
    };
  }
  const properties = Object.entries(assignment ?? {});
  return (macrostep) => {
    const params = paramsOf(macrostep);
    const context: MachineContext = { ...macrostep.context };
    for (const [key, value] of properties) {
      context[key] = typeof value === "function" ? value(macrostep, params) : value;
    }
    macrostep.context = context;
  };
}

function builtinOf(action: XStateAction, machine: AnyStateMachine): Builtin {
  const snapshot = { machine, children: {} };
  return {
    type: action.type,
    resolve: (scope, macrostep, params) => {
      const [, resolved] = action.resolve(scope, snapshot, infoOf(macrostep), params, action, macrostep);
      return resolved;
    },
    execute: (scope, params) => action.execute(scope, params),
  };
}

/** A copy, since inspectors may keep an action's arguments. */
export function infoOf({ context, event, self, system }: Macrostep): ActionInfo {
  return { context, event, self, system };
}

function timerOf({ event, delay }: XStateAction, { machine, path }: ActionSite): Pick<StartTimer, "event" | "delay"> {
  if (!event) throw new Error(`An "after" of the state "${path}" has no event: XState makes one for each.`);
  const declared: unknown = typeof delay === "string" ? machine.implementations.delays?.[delay as never] : delay;
  return {
    event,
    delay: typeof declared === "function" ? (macrostep) => declared(macrostep, undefined) : () => declared,
  };
}

type Guard = AnyTransitionDefinition["guard"];

type Predicate = (args: Pick<GuardSubject, "context" | "event">, params: unknown) => unknown;

/** What `and`, `or`, `not` and `stateIn` return: they check the snapshot with XState's own code. */
interface XStateGuard {
  check(snapshot: AnyMachineSnapshot, args: Pick<GuardSubject, "context" | "event">, guard: XStateGuard): boolean;
}

/** Looks the guard's implementation up once. A guard that nobody implemented throws when evaluated, as in XState. */
export function compileGuard(guard: Guard, machine: AnyStateMachine): CompiledGuard | undefined {
  if (guard === undefined) return undefined;
  const inline = typeof guard === "function";
  const implementation: unknown = inline ? guard : machine.implementations.guards?.[guardName(guard) as never];
  if (implementation === undefined) {
    return () => {
      throw new EffectNotProvided(machine.id, guardName(guard));
    };
  }
  if (typeof implementation !== "function") return compileGuard(implementation as Guard, machine);
  if (isXStateGuard(implementation))
    return (subject) => implementation.check(subject.asSnapshot(), subject, implementation);
  const predicate = implementation as Predicate;
  const params: unknown = typeof guard === "object" && "params" in guard ? guard.params : undefined;
  if (typeof params === "function") return (subject) => predicate(subject, params(subject));
  return (subject) => predicate(subject, params);
}

function isXStateGuard(implementation: object): implementation is XStateGuard {
  return "check" in implementation;
}

function guardName(guard: Exclude<Guard, undefined>): string {
  if (typeof guard === "function") return guard.name;
  return typeof guard === "string" ? guard : guard.type;
}
