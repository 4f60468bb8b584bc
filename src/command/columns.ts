import { printable } from "../config/values/printable.ts";

/** Rows in columns, each as wide as its widest cell. */
export function columns(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(printable));
  const width = (index: number) => Math.max(...rows.map((row) => row[index]?.length ?? 0));
  const widths = (rows[0] ?? []).map((_, index) => width(index));
  const line = (row: readonly string[]) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}
