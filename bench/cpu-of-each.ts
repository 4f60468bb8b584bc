/** CPU time of the server for each unit of work: the figure that a noisy machine affects least. */
import type { MeasuredServer } from "./server-process.ts";
import { takeTurns } from "./turns.ts";

export interface Work {
  readonly server: MeasuredServer;
  /** Units of work in one turn. */
  readonly count: number;
  /** Units of work before the first turn; by default as many as in a turn. */
  readonly warmUp?: number | undefined;
  /** Does all of them. */
  readonly load: (work: { readonly port: number; readonly count: number }) => Promise<unknown>;
}

/** Microseconds. */
async function cpuOfEach({ server, count, load }: Work): Promise<number> {
  const before = await server.cpu();
  await load({ port: server.port, count });
  return ((await server.cpu()) - before) / count;
}

/** Microseconds for each unit of work, of several servers that alternate. */
export async function cpuInTurns<Name extends string>(
  works: Readonly<Record<Name, Work>>,
  rounds: number,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(works) as Name[];
  return takeTurns(
    names.map((name) => ({
      name,
      warmUp: () => cpuOfEach({ ...works[name], count: works[name].warmUp ?? works[name].count }),
      measure: () => cpuOfEach(works[name]),
    })),
    rounds,
  );
}
