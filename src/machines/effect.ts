/** Effects that charts name and others implement. */
import { fromPromise, type PromiseActorLogic } from "xstate";
import { EffectNotProvided } from "../charts/effect-not-provided.ts";

/** Declares a named effect of a machine, to be provided by the runtime. */
export function effect(machine: string, name: string): () => never {
  return () => {
    throw new EffectNotProvided(machine, name);
  };
}

/** Declares named effects of a machine: actions and guards. */
export function unprovided<const Name extends string>(
  machine: string,
  names: readonly Name[],
): Record<Name, () => never> {
  return Object.fromEntries(names.map((name) => [name, effect(machine, name)])) as Record<Name, () => never>;
}

/**
 * Declares the work that a machine's states do, each a promise. @param _input used for its type only, as in `setup({
 * types })`.
 */
export function unprovidedWork<const Name extends string, Input = unknown>(
  machine: string,
  names: readonly Name[],
  _input?: Input,
): Record<Name, PromiseActorLogic<void, Input>> {
  const works = names.map((name) => [name, fromPromise<void, Input>(async () => effect(machine, name)())]);
  return Object.fromEntries(works) as Record<Name, PromiseActorLogic<void, Input>>;
}

/** Declares work of a machine's states that has a result. @param _output used for its type only. */
export function unprovidedQuestion<Output>(
  machine: string,
  name: string,
  _output: Output,
): PromiseActorLogic<Output, unknown> {
  return fromPromise<Output, unknown>(async () => effect(machine, name)());
}

/** Remembers the error, for charts whose context has one. */
export const recordError = {
  type: "recordError",
  params: ({ event }: { readonly event: { readonly error: unknown } }) => ({ error: event.error }),
} as const;
