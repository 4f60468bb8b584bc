import type { AnyMachineSnapshot, AnyStateMachine, AnyTransitionDefinition } from "xstate";
import { EffectNotProvided } from "./effect-not-provided.ts";
import type { CompiledGuard, GuardSubject } from "./macrostep.ts";

type Guard = AnyTransitionDefinition["guard"];

type Predicate = (args: Pick<GuardSubject, "context" | "event">, params: unknown) => unknown;

/** What `and`, `or`, `not` and `stateIn` return: they look at the snapshot, with XState's own code. */
interface BuiltinGuard {
  check(snapshot: AnyMachineSnapshot, args: Pick<GuardSubject, "context" | "event">, guard: BuiltinGuard): boolean;
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
    return (subject) => builtin.check(subject.asSnapshot(), subject, builtin);
  }
  const predicate = implementation as Predicate;
  const params: unknown = typeof guard === "object" && "params" in guard ? guard.params : undefined;
  if (typeof params === "function") return (subject) => predicate(subject, params(subject));
  return (subject) => predicate(subject, params);
}

function guardName(guard: Exclude<Guard, undefined>): string {
  if (typeof guard === "function") return guard.name;
  return typeof guard === "string" ? guard : guard.type;
}
