import { printable } from "../config/values/printable.ts";

/** Words up to this length are not broken where a column is made narrower. */
const longestWord = 30;

/**
 * Rows in columns, each as wide as its widest cell.
 * @param width characters of a line: where they are too few, the widest cells go on below
 */
export function columns(cells: readonly (readonly string[])[], width = Number.POSITIVE_INFINITY): string {
  const rows = cells.map((row) => row.map(printable));
  const widths = fitted(widthsOf(rows), width);
  return rows.flatMap((row) => lines(row, widths)).join("\n");
}

/** The same below a header, whose last columns are left out, and named below, where they do not fit. */
export function table(cells: readonly (readonly string[])[], width: number): string {
  const [header = []] = cells;
  const least = widthsOf(cells.map((row) => row.map(printable))).map(({ least: one }) => one);
  let shown = header.length;
  while (shown > 1 && lineWidth(least.slice(0, shown)) > width) shown -= 1;
  const text = columns(
    cells.map((row) => row.slice(0, shown)),
    width,
  );
  if (shown === header.length) return text;
  return `${text}\n\n${wrapped(`Not shown for lack of room: ${header.slice(shown).join(", ")}. --json prints everything.`, width).join("\n")}`;
}

interface ColumnWidth {
  /** Of the widest cell. */
  readonly whole: number;
  /** Of the longest word. */
  readonly least: number;
}

function widthsOf(rows: readonly (readonly string[])[]): readonly ColumnWidth[] {
  return (rows[0] ?? []).map((_, index) => {
    const cells = rows.map((row) => row[index] ?? "");
    const words = cells.flatMap((cell) => cell.split(" "));
    return { whole: longest(cells), least: Math.min(longest(words), longestWord) };
  });
}

function longest(texts: readonly string[]): number {
  return texts.reduce((most, { length }) => Math.max(most, length), 0);
}

function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, one) => sum + one + 2, -2);
}

/** Takes from the widest column until all fit. */
function fitted(columnWidths: readonly ColumnWidth[], width: number): readonly number[] {
  const widths = columnWidths.map(({ whole }) => whole);
  for (let excess = lineWidth(widths) - width; excess > 0; excess -= 1) {
    const canShrink = widths.filter((one, index) => one > (columnWidths[index]?.least ?? 0));
    if (canShrink.length === 0) break;
    const widest = Math.max(...canShrink);
    const index = widths.findLastIndex((one, at) => one === widest && one > (columnWidths[at]?.least ?? 0));
    widths[index] = widest - 1;
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
