import type { AnyStateMachine } from "xstate";
import type { ChartCounts } from "./chart-text.ts";
import { dot } from "./dot.ts";

/**
 * The chart as SVG, laid out by Graphviz, which is loaded when it is first needed.
 * @param counts how many are in each state: it stands beside the state's name, and states where somebody is are coloured.
 */
export async function svg(machine: AnyStateMachine, counts?: ChartCounts): Promise<string> {
  const { instance } = await import("@viz-js/viz");
  const graphviz = await instance();
  return graphviz.renderString(dot(machine, counts), { format: "svg" });
}
