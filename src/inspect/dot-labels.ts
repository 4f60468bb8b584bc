/** Texts in Graphviz' own HTML. */
import type { Label } from "./chart-text.ts";

/** Characters after which a line is wrapped. */
const longestLine = 44;
const space = " ";

/** Each label on its own lines, a little apart from the edge that they belong to. */
export function htmlLines(labels: readonly Label[]): string {
  return labels
    .flatMap(({ text, mark }) => wrapped(text).map((line) => ({ line: `${space}${line}${space}`, colour: mark?.line })))
    .map(({ line, colour }) => {
      const shown = colour ? `<font color="${colour}">${htmlText(line)}</font>` : htmlText(line);
      return `${shown}<br align="left"/>`;
    })
    .join("");
}

/** Actions that do not fit go below what they belong to. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const part of text.split(/(?= \/ )|(?<=, )/)) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(part);
    else if (last.length + part.length <= longestLine) lines[lines.length - 1] = last + part;
    else lines.push(`${space.repeat(4)}${part.trimStart()}`);
  }
  return lines.map((line) => line.trimEnd());
}

/** The texts of an edge, on a background that keeps them readable where lines cross. */
export function edgeLabel(labels: readonly Label[]): string {
  return `<table border="0" cellborder="0" cellspacing="2" cellpadding="0"><tr><td align="left" balign="left" bgcolor="#ffffffcc">${htmlLines(labels)}</td></tr></table>`;
}

export interface LegendEntry {
  readonly fill: string;
  readonly line: string;
  readonly text: string;
}

export function legendTable(title: string, entries: readonly LegendEntry[]): string {
  const cells = entries.map(
    ({ fill, line, text }) =>
      `<td border="1" style="rounded" color="${line}" bgcolor="${fill}"><font point-size="9">${htmlText(text)}</font></td>`,
  );
  return `<table border="0" cellspacing="6" cellpadding="4"><tr><td>${htmlText(title)}</td>${cells.join("")}</tr></table>`;
}

export function htmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
