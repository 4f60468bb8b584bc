import type { AnyStateMachine } from "xstate";
import type { DrawingOptions } from "./chart-text.ts";
import { dot } from "./dot.ts";
import { fitTexts } from "./fit-texts.ts";

/** The chart as SVG, laid out by Graphviz, which is loaded when it is first needed. */
export async function svg(machine: AnyStateMachine, options: DrawingOptions = {}): Promise<string> {
  const { instance } = await import("@viz-js/viz");
  const graphviz = await instance();
  const { output, errors } = graphviz.renderFormats(dot(machine, options), ["svg", "json"]);
  const { svg: drawing, json: layout } = output ?? {};
  if (drawing === undefined || layout === undefined)
    throw new Error(`Graphviz cannot draw the chart ${machine.id}: ${errors.map(({ message }) => message).join("; ")}`);
  return fitTexts(drawing, JSON.parse(layout));
}
