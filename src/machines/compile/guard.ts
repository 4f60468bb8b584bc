import type { AnyMachineSnapshot, AnyStateMachine, AnyTransitionDefinition, EventObject } from "xstate";
import { EffectNotProvided } from "../effect.ts";
import type { CompiledGuard } from "./macrostep.ts";

type Guard = AnyTransitionDefinition["guard"];

interface GuardArguments {
  readonly context: unknown;
  readonly event: EventObject;
}

type Predicate = (args: GuardArguments, params: unknown) => unknown;

/** What `and`, `or`, `not` and `stateIn` return: they look at the snapshot, with XState's own code. */
interface BuiltinGuard {
  check(snapshot: AnyMachineSnapshot, args: GuardArguments, guard: BuiltinGuard): boolean;
}

/** Looks the guard's implementation up once. A guard that nobody implemented throws when it is asked, as in XState. */
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
  if ("check" in implementation) {
    const builtin = implementation as unknown as BuiltinGuard;
    return (snapshot, event) => builtin.check(snapshot, { context: snapshot.context, event }, builtin);
  }
  const predicate = implementation as Predicate;
  const params: unknown = typeof guard === "object" && "params" in guard ? guard.params : undefined;
  if (typeof params === "function") {
    return ({ context }, event) => predicate({ context, event }, params({ context, event }));
  }
  return ({ context }, event) => predicate({ context, event }, params);
}

function guardName(guard: Exclude<Guard, undefined>): string {
  if (typeof guard === "function") return guard.name;
  return typeof guard === "string" ? guard : guard.type;
}
