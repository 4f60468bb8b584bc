/** Which pairs of a state and an event real actors have walked, which they have not, and which cannot be walked. */
import type { AnyStateMachine } from "xstate";
import { type Pair, pairsOf, pairText } from "./chart.ts";
import type { Observation } from "./observation.ts";

/** Pairs that no real instance comes to, with the reason: `{ "active: peer.ended": "…" }`. */
export type Impossible = Readonly<Record<string, string>>;

export interface CoveredPair extends Pair {
  /** How often real actors took it. */
  readonly walked: number;
  /** Why it cannot be walked; null when it can. */
  readonly impossible: string | null;
}

export interface CoverageReport {
  readonly chart: string;
  /** All that the chart has a transition for. */
  readonly pairs: readonly CoveredPair[];
  /** Neither walked nor impossible. */
  readonly missing: readonly string[];
  /** Said to be impossible, and walked all the same, or no pair of the chart. */
  readonly disproved: readonly string[];
}

/** Adds up what walks have seen. */
export class Coverage {
  /** By chart, then by pair. */
  readonly #walked = new Map<string, Map<string, number>>();

  add({ transitions }: Observation): void {
    for (const { chart, state, event } of transitions) this.#count(chart, pairText({ state, event }));
  }

  #count(chart: string, pair: string): void {
    const pairs = this.#walked.get(chart) ?? new Map<string, number>();
    this.#walked.set(chart, pairs.set(pair, (pairs.get(pair) ?? 0) + 1));
  }

  report(machine: AnyStateMachine, impossible: Impossible = {}): CoverageReport {
    const walked = this.#walked.get(machine.id) ?? new Map<string, number>();
    const pairs = pairsOf(machine).map((pair): CoveredPair => {
      const text = pairText(pair);
      return { ...pair, walked: walked.get(text) ?? 0, impossible: impossible[text] ?? null };
    });
    const known = new Set(pairs.map(pairText));
    return {
      chart: machine.id,
      pairs,
      missing: pairs.filter((pair) => pair.walked === 0 && pair.impossible === null).map(pairText),
      disproved: Object.keys(impossible).filter((text) => !known.has(text) || walked.has(text)),
    };
  }
}

/** For people: one line for each pair. */
export function coverageText({ chart, pairs, missing }: CoverageReport): string {
  const walkable = pairs.filter(({ impossible }) => impossible === null);
  const head = `${chart}: ${walkable.length - missing.length} of ${walkable.length} pairs walked, ${pairs.length - walkable.length} impossible`;
  const width = Math.max(...pairs.map((pair) => pairText(pair).length));
  const lines = pairs.map((pair) => {
    const text = pairText(pair).padEnd(width);
    if (pair.impossible !== null) return `  - ${text}  impossible: ${pair.impossible}`;
    return pair.walked > 0 ? `  + ${text}  ${pair.walked}` : `  ! ${text}  not walked`;
  });
  return [head, ...lines].join("\n");
}

/**
 * Colours a chart that was drawn as a Mermaid `stateDiagram-v2` whose ids are the states' paths, joined by `_`: green where
 * everything that can happen was walked, yellow where something is missing, red where nothing was walked, grey where nothing can be.
 */
export function coloured(diagram: string, { pairs }: CoverageReport): string {
  const states = [...new Set(pairs.map(({ state }) => state))];
  const lines = states.map(
    (state) => `  class ${state.replaceAll(".", "_")} ${colourOf(pairs.filter((pair) => pair.state === state))}`,
  );
  const classes = Object.entries(colours).map(([name, style]) => `  classDef ${name} ${style}`);
  return [diagram, ...classes, ...lines].join("\n");
}

const colours = {
  walked: "fill:#c8e6c9,stroke:#2e7d32,color:#1b1b1b",
  partly: "fill:#fff3c4,stroke:#b58900,color:#1b1b1b",
  missing: "fill:#ffcdd2,stroke:#c62828,color:#1b1b1b",
  unreachable: "fill:#eeeeee,stroke:#9e9e9e,color:#1b1b1b",
} as const;

function colourOf(pairs: readonly CoveredPair[]): keyof typeof colours {
  const walkable = pairs.filter(({ impossible }) => impossible === null);
  if (walkable.length === 0) return "unreachable";
  const walked = walkable.filter((pair) => pair.walked > 0);
  if (walked.length === 0) return "missing";
  return walked.length === walkable.length ? "walked" : "partly";
}
