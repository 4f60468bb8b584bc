import { printable } from "../config/values/printable.ts";

/** No column is made narrower. */
const narrowest = 8;

/**
 * Rows in columns, each as wide as its widest cell.
 * @param width characters of a line: where they are too few, the widest cells go on below
 */
export function columns(cells: readonly (readonly string[])[], width = Number.POSITIVE_INFINITY): string {
  const rows = cells.map((row) => row.map(printable));
  const widths = fitted(
    (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0))),
    width,
  );
  return rows.flatMap((row) => lines(row, widths)).join("\n");
}

/** Takes from the widest column until all fit. */
function fitted(widths: number[], width: number): number[] {
  const excess = (): number => widths.reduce((sum, one) => sum + one + 2, -2) - width;
  for (let tooMuch = excess(); tooMuch > 0; tooMuch = excess()) {
    const widest = Math.max(...widths);
    if (widest <= narrowest) break;
    const next = Math.max(narrowest, ...widths.filter((one) => one < widest));
    widths[widths.lastIndexOf(widest)] = Math.max(next === widest ? widest - 1 : next, widest - tooMuch);
  }
  return widths;
}

function lines(row: readonly string[], widths: readonly number[]): string[] {
  const cells = row.map((cell, index) => wrapped(cell, widths[index] ?? 0));
  const height = Math.max(...cells.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((cell, index) => (cell[line] ?? "").padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** The lines of a text: broken between words, and within those that are too long. */
export function wrapped(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const made: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((one) => pieces(one, width))) {
    if (line !== "" && line.length + 1 + word.length > width) {
      made.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...made, line];
}

function pieces(word: string, width: number): string[] {
  const made: string[] = [];
  let rest = word;
  while (rest.length > width) {
    made.push(rest.slice(0, width));
    rest = rest.slice(width);
  }
  return [...made, rest];
}
