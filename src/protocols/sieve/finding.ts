/** What the checker found at one place of a script. */
export interface ScriptFinding {
  /** Counted from 1. */
  readonly line: number;
  /** Characters (not octets) from the line's begin, counted from 1. */
  readonly column: number;
  readonly message: string;
}

/** Stops the check at the first error. Never leaves the checker. */
export class ScriptFault extends Error {
  override readonly name = "ScriptFault";
  readonly code = "sieve-script-invalid";
  /** Index in the script's text. */
  readonly offset: number;
  /** The text has ended too early. */
  readonly cutOff: boolean;

  constructor(offset: number, message: string, options: { readonly cutOff?: boolean } = {}) {
    super(message);
    this.offset = offset;
    this.cutOff = options.cutOff === true;
  }
}

/** The finding for an index in the text. */
export function findingAt(text: string, offset: number, message: string): ScriptFinding {
  let line = 1;
  let start = 0;
  for (let lf = text.indexOf("\n"); lf !== -1 && lf < offset; lf = text.indexOf("\n", start)) {
    line++;
    start = lf + 1;
  }
  return { line, column: [...text.slice(start, offset)].length + 1, message };
}

/** A finding as one line for people: `line 2, column 5: …`. */
export function findingText({ line, column, message }: ScriptFinding): string {
  return `line ${line}, column ${column}: ${message}`;
}
