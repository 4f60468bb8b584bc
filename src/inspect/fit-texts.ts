/**
 * Makes every text of a drawing as wide as Graphviz laid it out. A viewer's fonts may be wider than those
 * that Graphviz knows, and texts would overflow their boxes and be cut off at the border.
 */

/** @param layout Graphviz' JSON of the same drawing. */
export function fitTexts(drawing: string, layout: unknown): string {
  const widths = widthsIn(layout);
  return drawing.replaceAll(/<text ([^>]*font-size="([\d.]+)"[^>]*)>([^<]*)<\/text>/g, (...found: string[]) => {
    const [whole = "", attributes = "", size = "", text = ""] = found;
    const width = widths.get(keyOf(Number(size), unescaped(text)));
    if (width === undefined) return whole;
    return `<text ${attributes} textLength="${width}" lengthAdjust="spacingAndGlyphs">${text}</text>`;
  });
}

/** By size and text, from every list of drawing operations: `F` sets the font, `T` is a text. */
function widthsIn(layout: unknown, widths = new Map<string, number>()): Map<string, number> {
  if (typeof layout !== "object" || layout === null) return widths;
  let size = 0;
  for (const part of Object.values(layout)) {
    if (typeof part !== "object" || part === null) continue;
    const { op, size: fontSize, text, width } = part as Partial<Record<string, unknown>>;
    if (op === "F") size = Number(fontSize);
    else if (op === "T") widths.set(keyOf(size, String(text)), Number(width));
    else widthsIn(part, widths);
  }
  return widths;
}

/** Of several spaces, the drawing has all but the first as no-break spaces. */
function keyOf(size: number, text: string): string {
  return `${size} ${text.replaceAll("\u00a0", " ")}`;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' };

function unescaped(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|(\w+));/g, (whole, code: string | undefined, name: string) =>
    code === undefined ? (entities[name] ?? whole) : String.fromCodePoint(Number(code)),
  );
}
