/** Where `gatehouse serve` writes: the log to standard output, words for a person to standard error. */
import { isatty } from "node:tty";
import { type Logger, pino } from "pino";
import { printable, printableLines } from "../config/values/printable.ts";
import { destinationOf } from "../runtime/observe/log-destination.ts";
import { type CountedOutput, Output } from "../runtime/observe/output.ts";
import { isSameFile } from "../runtime/observe/output-file.ts";
import { loadOptional, MissingPackageError } from "../runtime/optional-package.ts";

/** Milliseconds for the last lines. */
const lastWords = 2_000;

/** Whoever reads slowly or not at all makes nobody wait, neither the server nor its end. */
export class ServerOutputs {
  readonly logger: Logger;
  /** Each once, for their counts. */
  readonly counted: readonly CountedOutput[];
  readonly #words: Output;
  readonly #outputs: readonly Output[];

  /** @param level the least that is logged */
  static async open(level: string): Promise<ServerOutputs> {
    if (!isatty(1)) return new ServerOutputs(level);
    try {
      return new ServerOutputs(level, await readable());
    } catch (error) {
      if (!(error instanceof MissingPackageError)) throw error;
      const outputs = new ServerOutputs(level);
      outputs.complain(error.message);
      return outputs;
    }
  }

  /** @param present puts a line of the log into words; the lines are JSON without it */
  private constructor(level: string, present?: (line: string) => string) {
    const log = new Output(1, { name: "log" });
    // Where both lead to one place, they come in the order in which they happen.
    this.#words = isSameFile(1, 2) ? log : new Output(2, { name: "words" });
    this.#outputs = [...new Set([log, this.#words])];
    this.counted = this.#outputs;
    this.logger = pino({ level }, destinationOf(log, present));
    // Node's own way of telling them is to write to standard error, and to wait for that.
    process.removeAllListeners("warning");
    process.on("warning", (warning) => this.logger.warn({ event: "process.warning", err: warning }, warning.message));
  }

  readonly complain = (text: string): void => {
    this.#words.write(`${printableLines(text)}\n`);
  };

  /** @returns whether all is written: not where nobody reads it. */
  async close(): Promise<boolean> {
    const written = await Promise.all(this.#outputs.map((output) => output.flush(lastWords)));
    return written.every(Boolean);
  }
}

/** Puts a line of the log into words, with colours. @throws MissingPackageError */
async function readable(): Promise<(line: string) => string> {
  const wanted = { name: "pino-pretty", purpose: "A log for people to read" };
  const { prettyFactory } = await loadOptional(wanted, () => import("pino-pretty"));
  const pretty = prettyFactory({ colorize: true, singleLine: true, ignore: "pid,hostname,event" });
  return (line) => pretty(JSON.parse(line, shown));
}

/** Clients choose names; a stack has lines of its own. */
function shown(key: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  return key === "stack" ? printableLines(value) : printable(value);
}
