/** Parts of the docs that are generated from the code, between two markers. */

export interface GeneratedBlock {
  /** From the repository's root. */
  readonly file: string;
  /** Unique in its file. */
  readonly name: string;
  /** Markdown without a line end at its end. */
  text(): string;
}

/** The page lacks the block's markers. */
export class MarkersMissingError extends Error {
  readonly code = "markers-missing";

  constructor({ file, name }: GeneratedBlock) {
    super(`${file} has no block "${name}". Add two lines: <!-- generated: ${name} --> and <!-- end of ${name} -->`);
    this.name = "MarkersMissingError";
  }
}

/** The page with the block's text between its markers. @throws MarkersMissingError */
export function insertBlock(page: string, block: GeneratedBlock): string {
  const begin = `<!-- generated: ${block.name} -->`;
  const end = `<!-- end of ${block.name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new MarkersMissingError(block);
  return `${page.slice(0, from + begin.length)}\n${block.text()}\n${page.slice(to)}`;
}
