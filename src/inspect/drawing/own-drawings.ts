/** The drawings of Gatehouse's own charts: in the package they are drawn already, so that nothing has to be installed. */
import { moduleEnding, readOwnFile } from "../../browser/page-files.ts";
import { charts } from "../charts.ts";
import { definitionOf } from "../definition.ts";
import { svg } from "../svg.ts";
import type { Drawing } from "./chart-thread.ts";

/** Where `npm run build` puts them, below the console's files. */
export function ownDrawingFile(name: string): string {
  return `inspector/charts/${name}.svg`;
}

export async function drawOwn(name: string): Promise<string> {
  const { [name]: chart } = charts;
  if (!chart) throw new Error(`There is no chart ${name}.`);
  return svg(chart);
}

let names: ReadonlyMap<string, string> | undefined;

/** @returns null for a chart that is not Gatehouse's, or is not drawn yet */
export async function ownDrawing(definition: string): Promise<Drawing | null> {
  if (moduleEnding === ".ts") return null;
  names ??= new Map(
    Object.entries(charts).map(([name, { id, config }]) => [
      JSON.stringify(definitionOf(config, { id, own: true })),
      name,
    ]),
  );
  const name = names.get(definition);
  return name === undefined ? null : { svg: (await readOwnFile(ownDrawingFile(name))).toString() };
}
