/** What drawings of a chart can show of its parts, coverage for example. */

/** A kind of state or transition. */
export interface ChartMark {
  /** One word, for drawings that name their colours: `walked`. */
  readonly name: string;
  /** For the legend. */
  readonly meaning: string;
  /** Stands before a transition's text, so that colour is not the only sign; may be empty. */
  readonly sign: string;
  /** Colour of a state's area, as `#rrggbb`; dark text stands on it. */
  readonly fill: string;
  /** Colour of borders, and of transitions and their text on white, as `#rrggbb`. */
  readonly line: string;
}

export interface ChartMarks {
  /** A line above or below the drawing. */
  readonly title: string;
  /** Listed in this order; an edge that stands for several transitions takes the colour of the last of their marks. */
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
