import { EffectNotProvided } from "../charts/effect-not-provided.ts";

/** Declares a named effect of a machine, to be provided by the runtime. */
export function effect(machine: string, name: string): () => never {
  return () => {
    throw new EffectNotProvided(machine, name);
  };
}
