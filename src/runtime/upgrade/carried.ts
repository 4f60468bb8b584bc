/** What a server has in memory and its successor ought to know. */
import type { CarriedState } from "./messages.ts";

/** A part of a server that remembers something. What it packs is JSON, and may be read by another version. */
export interface Carried {
  /** Names the part, also in other versions. */
  readonly name: string;
  pack(): unknown;
  /** Takes what another server has packed, as far as it understands it. @throws for what it cannot read at all */
  unpack(packed: unknown): void;
}

export function packAll(parts: readonly Carried[]): CarriedState {
  return Object.fromEntries(parts.map((part) => [part.name, part.pack()]));
}

/** @returns the names of the parts that could not read what was packed for them, each with its error. */
export function unpackAll(parts: readonly Carried[], state: CarriedState): ReadonlyMap<string, unknown> {
  const failures = new Map<string, unknown>();
  for (const part of parts) {
    if (!Object.hasOwn(state, part.name)) continue;
    try {
      part.unpack(state[part.name]);
    } catch (error) {
      failures.set(part.name, error);
    }
  }
  return failures;
}
