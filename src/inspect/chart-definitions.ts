/** The definitions of charts, told by number: a page gets each once, where every actor would bring its chart's along. */
import type { ChartDefinition } from "./definition.ts";

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
