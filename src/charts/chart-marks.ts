/** What drawings of a chart can be told to show of its parts: by coverage, for one. */

/** A kind of state or transition. */
export interface ChartMark {
  /** One word, for drawings that name their colours: `walked`. */
  readonly name: string;
  /** For the legend. */
  readonly meaning: string;
  /** Stands before the text of a transition, so that it is not told by the colour alone; may be empty. */
  readonly sign: string;
  /** Colour of a state's area, as `#rrggbb`; dark text stands on it. */
  readonly fill: string;
  /** Colour of borders, and of transitions and their text on white, as `#rrggbb`. */
  readonly line: string;
}

export interface ChartMarks {
  /** A line below the drawing, or above it. */
  readonly title: string;
  /** In this order; of an edge that stands for several transitions, the last of their marks colours it. */
  readonly legend: readonly ChartMark[];
  /** By the state's path: `paused.held`. */
  readonly states: ReadonlyMap<string, ChartMark>;
  /** By `transitionKey`. */
  readonly transitions: ReadonlyMap<string, ChartMark>;
}

/** @param declaredIn path of the state whose transition it is; empty for the whole chart's. @param trigger its event and guard. */
export function transitionKey(declaredIn: string, trigger: string): string {
  return `${declaredIn}: ${trigger}`;
}
