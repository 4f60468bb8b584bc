/** A script as its grammar has it (RFC 5228 section 8.2). Names of commands, tests and tags are in lower case. */

export interface StringLiteral {
  readonly offset: number;
  readonly value: string;
}

export type Argument =
  /** A string, or a list of strings in brackets. */
  | {
      readonly type: "strings";
      readonly offset: number;
      readonly bracketed: boolean;
      readonly strings: readonly StringLiteral[];
    }
  | { readonly type: "number"; readonly offset: number; readonly value: number }
  /** The name is without its colon. */
  | { readonly type: "tag"; readonly offset: number; readonly name: string };

export interface Test {
  readonly name: string;
  readonly offset: number;
  readonly arguments: readonly Argument[];
  readonly tests: readonly Test[];
  /** The tests stand in parentheses. */
  readonly testList: boolean;
}

export interface Command extends Test {
  /** Null for a command that ends with a semicolon. */
  readonly block: readonly Command[] | null;
}
