/** The states of a chart, from its definition. */
import { isObject } from "./message.ts";

export interface ChartState {
  readonly path: string;
  readonly name: string;
  /** From 0 on. */
  readonly level: number;
  /** `final`, `history`, `parallel`; empty for others. */
  readonly type: string;
}

const mostStates = 400;
const deepest = 20;

/** @returns null when the definition is no state machine's. */
export function chartStates(definition: string | null): readonly ChartState[] | null {
  const config = parsed(definition);
  if (!isObject(config) || !isObject(config["states"])) return null;
  const states: ChartState[] = [];
  collect(config["states"], [], states);
  return states;
}

function collect(within: Readonly<Record<string, unknown>>, outer: readonly string[], states: ChartState[]): void {
  for (const [name, state] of Object.entries(within)) {
    if (states.length >= mostStates || outer.length >= deepest) return;
    const fields = isObject(state) ? state : {};
    const path = [...outer, name];
    const type = typeof fields["type"] === "string" ? fields["type"] : "";
    states.push({ path: path.join("."), name, level: outer.length, type });
    if (isObject(fields["states"])) collect(fields["states"], path, states);
  }
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
