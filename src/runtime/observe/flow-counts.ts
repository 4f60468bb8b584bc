/** How many actors have passed each transition, as numbers to hand on. */

/** By chart, then by transition: `{ connection: { "handshaking>active": 12 } }`. Numbers that only grow. */
export type FlowCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Flows {
  readonly all: FlowCounts;
  /** Those of them whose connection was failing: it ends for another cause than the regular ones. */
  readonly failing: FlowCounts;
}

export function sumOfFlows(flows: readonly Flows[]): Flows {
  return { all: sumOf(flows.map(({ all }) => all)), failing: sumOf(flows.map(({ failing }) => failing)) };
}

function sumOf(counts: readonly FlowCounts[]): FlowCounts {
  const sums: Record<string, Record<string, number>> = {};
  for (const charts of counts)
    for (const [chart, passed] of Object.entries(charts)) {
      const sum = sums[chart] ?? {};
      sums[chart] = sum;
      for (const [transition, count] of Object.entries(passed)) sum[transition] = (sum[transition] ?? 0) + count;
    }
  return sums;
}
