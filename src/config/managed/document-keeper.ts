/** Where the text of a running document is kept, when it is not in a file: by whom all that run it can reach. */
import type { Configuration } from "../document/effective.ts";
import type { FileContent } from "../sources/file-content.ts";

/** A text, and what it takes the place of. */
export interface KeptText {
  readonly text: string;
  /** Of the text that is kept before: another one must not be overwritten. */
  readonly expected: string;
}

export interface DocumentKeeper {
  /** As it was given: `redis:mail`. */
  readonly name: string;
  read(): Promise<Omit<FileContent, "file">>;
  /** As `read()` gives it. */
  digestOf(text: string): string;
  /** What a configuration was read from. Whoever puts it into force keeps the text, before it is in force anywhere. */
  remember(configuration: Configuration, kept: KeptText): void;
}
