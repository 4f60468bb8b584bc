import type { AnyStateMachine } from "xstate";
import { loadOptional } from "../runtime/optional-package.ts";
import type { DrawingOptions } from "./chart-text.ts";
import { dot } from "./dot.ts";
import { fitTexts } from "./fit-texts.ts";

const graphvizPackage = { name: "@viz-js/viz", purpose: "A chart as SVG" };

/**
 * The chart as SVG, laid out by Graphviz, which is loaded on first use.
 * @throws MissingPackageError without the package `@viz-js/viz`
 */
export async function svg(machine: AnyStateMachine, options: DrawingOptions = {}): Promise<string> {
  const { instance } = await loadOptional(graphvizPackage, () => import("@viz-js/viz"));
  const graphviz = await instance();
  const { output, errors } = graphviz.renderFormats(dot(machine, options), ["svg", "json"]);
  const { svg: drawing, json: layout } = output ?? {};
  if (drawing === undefined || layout === undefined)
    throw new Error(`Graphviz cannot draw the chart ${machine.id}: ${errors.map(({ message }) => message).join("; ")}`);
  return fitTexts(drawing, JSON.parse(layout));
}
