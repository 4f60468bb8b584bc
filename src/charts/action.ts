import type { AnyActorScope, AnyStateMachine, EventObject, MachineContext, UnknownAction } from "xstate";
import type { AfterTimers } from "./after-timers.ts";
import { CompileError, type RefusedFeature } from "./compile-error.ts";
import type { CompiledAction, Macrostep, RunningScope } from "./macrostep.ts";

/** Where an action stands. */
export interface ActionSite {
  readonly machine: AnyStateMachine;
  /** The state's path. */
  readonly path: string;
  readonly afterTimers: AfterTimers;
  /** The action works on the actor's system, which only XState's own actors have. */
  needsSystem(): void;
}

type Expression = (args: object, params: unknown) => unknown;

/** The properties that XState's action creators leave on the function they return. */
interface BuiltinAction {
  readonly type: string;
  resolve(
    ...args: [
      scope: AnyActorScope,
      snapshot: object,
      info: ActionInfo,
      params: unknown,
      builtin: BuiltinAction,
      extra: Macrostep,
    ]
  ): readonly [snapshot: object, params: object];
  execute(scope: AnyActorScope, params: object): void;
}

interface AssignAction extends BuiltinAction {
  readonly assignment: Expression | Readonly<Record<string, unknown>>;
}

interface RaiseAction extends BuiltinAction {
  readonly event: EventObject;
  readonly id: string;
  readonly delay: number | string;
}

interface CancelAction extends BuiltinAction {
  readonly sendId: string;
}

interface ActionInfo {
  readonly context: MachineContext;
  readonly event: EventObject;
  readonly self: AnyActorScope["self"];
  readonly system: AnyActorScope["system"];
}

type ParamsOf = (macrostep: Macrostep) => object | null | undefined;

/** Built-in actions that need nothing of a snapshot but its machine, which has no children in the subset. */
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

/** Events raised at once, and emitted ones, which need somebody who listens, ask nothing of the actor's system. */
function carriedOutByTheTable(builtin: BuiltinAction): boolean {
  const { type, delay } = builtin as RaiseAction;
  return type === "xstate.emit" || (type === "xstate.raise" && delay === undefined);
}

/**
 * Looks the action's implementation up once.
 *
 * @throws {CompileError} for a built-in action that starts or stops actors, or that decides at run time what to do.
 */
export function compileAction(action: UnknownAction, site: ActionSite): CompiledAction {
  const type = actionType(action);
  const implementation: unknown =
    typeof action === "function" ? action : site.machine.implementations.actions?.[type as never];
  const paramsOf = compileParams(action);
  if (!isBuiltin(implementation)) {
    return customAction({ type, exec: implementation as CustomAction["exec"], paramsOf });
  }
  if (isAssign(implementation)) return assignAction(implementation, paramsOf, site);
  if (startsAfter(implementation)) return startAfter(implementation, site);
  if (cancelsAfter(implementation)) return cancelAfter(implementation, site);
  if (carriedOutByXState.has(implementation.type)) return builtinAction(implementation, paramsOf, site);
  const feature = refused[implementation.type] ?? "unknown built-in action";
  throw new CompileError(site.machine.id, { feature, path: site.path });
}

function actionType(action: UnknownAction): string {
  if (typeof action === "function") return action.name || "(anonymous)";
  return typeof action === "string" ? action : action.type;
}

function isBuiltin(implementation: unknown): implementation is BuiltinAction {
  return typeof implementation === "function" && "resolve" in implementation;
}

function isAssign(builtin: BuiltinAction): builtin is AssignAction {
  return builtin.type === "xstate.assign";
}

/** XState makes every `after` an entry action that raises an event and an exit action that cancels it. */
const AFTER = "xstate.after.";

function startsAfter(builtin: BuiltinAction): builtin is RaiseAction {
  const { type, id } = builtin as RaiseAction;
  return type === "xstate.raise" && typeof id === "string" && id.startsWith(AFTER);
}

function cancelsAfter(builtin: BuiltinAction): builtin is CancelAction {
  const { type, sendId } = builtin as CancelAction;
  return type === "xstate.cancel" && typeof sendId === "string" && sendId.startsWith(AFTER);
}

function compileParams(action: UnknownAction): ParamsOf {
  const params: unknown = typeof action === "object" && "params" in action ? action.params : undefined;
  if (typeof params === "function") return (macrostep) => params(macrostep);
  const constant = params as object | null | undefined;
  return () => constant;
}

interface CustomAction {
  readonly type: string;
  /** Undefined where nobody implemented the action: XState announces it and goes on, and so does the table. */
  readonly exec: ((info: object, params: unknown) => void) | undefined;
  readonly paramsOf: ParamsOf;
}

function customAction({ type, exec, paramsOf }: CustomAction): CompiledAction {
  return (macrostep) => {
    const params = paramsOf(macrostep);
    if (macrostep.scope.direct) exec?.(macrostep, params);
    else macrostep.scope.actionExecutor({ type, info: infoOf(macrostep), params, exec });
  };
}

/** A copy: whoever is told of an action may look at it later. */
function infoOf({ context, event, self, system }: Macrostep): ActionInfo {
  return { context, event, self, system };
}

function assignAction({ assignment }: AssignAction, paramsOf: ParamsOf, site: ActionSite): CompiledAction {
  const spawn = () => {
    throw new CompileError(site.machine.id, { feature: "spawn", path: site.path });
  };
  const argsOf = (macrostep: Macrostep) => {
    // Where nobody watches, the macrostep is itself what an assignment is given.
    if (macrostep.scope.direct !== undefined) return macrostep;
    const { context, event, self, system } = macrostep;
    return { context, event, spawn, self, system };
  };
  if (typeof assignment === "function") {
    return (macrostep) => {
      const update = assignment(argsOf(macrostep), paramsOf(macrostep)) as Partial<MachineContext>;
      macrostep.context = { ...macrostep.context, ...update };
    };
  }
  const properties = Object.entries(assignment);
  return (macrostep) => {
    const args = argsOf(macrostep);
    const params = paramsOf(macrostep);
    const context: MachineContext = { ...macrostep.context };
    for (const [key, value] of properties) context[key] = typeof value === "function" ? value(args, params) : value;
    macrostep.context = context;
  };
}

function builtinAction(
  builtin: BuiltinAction,
  paramsOf: ParamsOf,
  { machine, needsSystem }: ActionSite,
): CompiledAction {
  if (!carriedOutByTheTable(builtin)) needsSystem();
  const snapshot = { machine, children: {} };
  return (macrostep) => {
    const { scope } = macrostep;
    const info = infoOf(macrostep);
    const [, params] = builtin.resolve(scope, snapshot, info, paramsOf(macrostep), builtin, macrostep);
    scope.actionExecutor({ type: builtin.type, info, params, exec: () => builtin.execute(scope, params) });
  };
}

/**
 * Where nobody watches, timers need not wait for the end of the step. The root can be entered anew without being left: in a
 * chart with `after` there they do, lest a step that fails leaves some behind; all of them, since the order of timers shows.
 */
function timesAtOnce(scope: RunningScope, { root }: AnyStateMachine): boolean {
  return scope.direct === true && root.config.after === undefined;
}

/** Has the effect on a timer wait for the end of the step, and tells those who watch of it. */
function timeAtTheEnd(macrostep: Macrostep, told: { type: string; params: object }, effect: () => void): void {
  const { scope } = macrostep;
  const exec = () => scope.defer(effect);
  if (scope.direct) exec();
  else scope.actionExecutor({ ...told, info: infoOf(macrostep), exec });
}

function startAfter({ type, event, id, delay }: RaiseAction, { machine, afterTimers }: ActionSite): CompiledAction {
  const timer = afterTimers.timer(id);
  const declared: unknown = typeof delay === "string" ? machine.implementations.delays?.[delay as never] : delay;
  return (macrostep) => {
    const { scope } = macrostep;
    const delay: unknown = typeof declared === "function" ? declared(macrostep, undefined) : declared;
    if (typeof delay !== "number") macrostep.internalQueue.push(event);
    const start = () => {
      if (typeof delay === "number") afterTimers.start(scope, timer, delay);
    };
    if (timesAtOnce(scope, machine)) start();
    else timeAtTheEnd(macrostep, { type, params: { event, id, delay } }, start);
  };
}

function cancelAfter({ type, sendId }: CancelAction, { machine, afterTimers }: ActionSite): CompiledAction {
  const timer = afterTimers.timer(sendId);
  const params = { sendId };
  return (macrostep) => {
    const { scope } = macrostep;
    const cancel = () => afterTimers.cancel(scope, timer);
    if (timesAtOnce(scope, machine)) cancel();
    else timeAtTheEnd(macrostep, { type, params }, cancel);
  };
}
