/** How plots look: as the style sheet has it at this moment, in light or dark. */

export function plotColour(name: string): () => string {
  return () => getComputedStyle(document.documentElement).getPropertyValue(name);
}

export const plotAxis = {
  stroke: plotColour("--plot-text"),
  grid: { stroke: plotColour("--plot-grid"), width: 1 },
  ticks: { show: false },
};
