/** The console's files: those of its pages, and the drawings of the charts. */
import { moduleEnding, type PageFile, pageFiles, svgType } from "../../browser/page-files.ts";
import { charts } from "../../inspect/charts.ts";
import { svg } from "../../inspect/svg.ts";

/** By the path below `/console/`. */
export async function consoleFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const files = (await pageFiles()).filter(([name]) => !name.startsWith("inspector"));
  return new Map([...files, ...(moduleEnding === ".ts" ? chartFiles() : [])]);
}

/** In the package the charts are among its files: `npm run build` has drawn them. */
function chartFiles(): [string, PageFile][] {
  return Object.keys(charts).map((name) => [
    `charts/${name}.svg`,
    { contentType: svgType, read: async () => Buffer.from(await consoleChart(name)) },
  ]);
}

/** The drawing of a chart, with room for how many are in each state. */
export async function consoleChart(name: string): Promise<string> {
  const { [name]: chart } = charts;
  if (!chart) throw new Error(`There is no chart ${name}.`);
  return svg(chart, { counts: {}, edgeIds: true });
}
