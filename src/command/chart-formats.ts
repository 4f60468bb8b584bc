/** The formats of `gatehouse charts`. */
export const chartFormats = ["mermaid", "svg", "dot"] as const;

export type ChartFormat = (typeof chartFormats)[number];
