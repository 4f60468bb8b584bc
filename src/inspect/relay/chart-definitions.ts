/** The definitions of charts, sent by number: a page gets each once, instead of once for every actor. */
import type { ChartDefinition } from "../definition.ts";

export interface NumberedDefinition {
  readonly number: number;
  /** JSON. */
  readonly text: string;
}

const numbered = new WeakMap<ChartDefinition, NumberedDefinition>();
let last = 0;

export function numberedDefinition(definition: ChartDefinition): NumberedDefinition {
  const known = numbered.get(definition);
  if (known) return known;
  last += 1;
  const added = { number: last, text: JSON.stringify(definition) };
  numbered.set(definition, added);
  return added;
}
