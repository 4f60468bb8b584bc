/** What the groups of subcommands are given to add theirs. */
import type { Option } from "commander";
import type { ExitCode } from "./exit-codes.ts";

export interface SubcommandContext {
  /** The option `--data`. */
  data(): Option;
  /** How the command ends, once its work is done. */
  finish(code: ExitCode): void;
}
