/** `gatehouse charts`: draw the charts, alone or with how many are in each state of the running server. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { askControl, ControlUnreachableError } from "../control/control-client.ts";
import type { DrawingOptions, StateCounts } from "../inspect/index.ts";
import { MissingPackageError } from "../runtime/optional-package.ts";
import type { ChartFormat } from "./chart-formats.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { complain, say } from "./output.ts";

export interface ChartsOptions {
  readonly data: string;
  readonly format: ChartFormat;
  /** A folder for the files, one for each chart. */
  readonly out?: string;
  /** Include the running server's counts. */
  readonly live?: true;
}

const extensions = { mermaid: "mmd", svg: "svg", dot: "dot" } as const;

/** @param name of one chart; all when left out. */
export async function drawCharts(name: string | undefined, options: ChartsOptions): Promise<ExitCode> {
  const { charts, dot, mermaid, svg } = await import("../inspect/index.ts");
  const draw = { mermaid, svg, dot }[options.format];
  const chosen = Object.entries(charts).filter(([known]) => name === undefined || known === name);
  if (chosen.length === 0) {
    complain(`There is no chart "${name}". Known are: ${Object.keys(charts).join(", ")}.`);
    return exitCodes.usage;
  }
  if (options.out === undefined && chosen.length > 1 && options.format !== "mermaid") {
    complain("Name one of the charts, or a folder for all of them with --out.");
    return exitCodes.usage;
  }
  try {
    const counts = options.live ? await countsOf(options.data) : undefined;
    const drawings: [string, string][] = [];
    for (const [known, machine] of chosen) drawings.push([known, await draw(machine, countsIn(counts, known))]);
    await put(drawings, options);
    return exitCodes.ok;
  } catch (error) {
    const isTheirs = error instanceof ControlUnreachableError || error instanceof MissingPackageError;
    if (!isTheirs && !(error instanceof Error && "syscall" in error)) throw error;
    complain(error.message);
    return error instanceof ControlUnreachableError ? exitCodes.unreachable : exitCodes.configuration;
  }
}

/** An empty count is shown too. */
function countsIn(counts: StateCounts | undefined, chart: string): DrawingOptions {
  return counts ? { counts: counts[chart] ?? {} } : {};
}

async function countsOf(data: string): Promise<StateCounts> {
  const { body } = await askControl(data, { method: "GET", path: "/states" });
  return (body as { readonly states: StateCounts }).states;
}

async function put(drawings: readonly [string, string][], { out, format }: ChartsOptions): Promise<void> {
  if (out === undefined) {
    const [[, only] = ["", ""]] = drawings;
    say(
      drawings.length === 1
        ? only.trimEnd()
        : drawings
            .map(([name, text]) => `%% ${name}\n${text}\n`)
            .join("\n")
            .trimEnd(),
    );
    return;
  }
  await mkdir(out, { recursive: true });
  for (const [name, text] of drawings) {
    const file = join(out, `${name}.${extensions[format]}`);
    await writeFile(file, text.endsWith("\n") ? text : `${text}\n`);
    say(file);
  }
}
