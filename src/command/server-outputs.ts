/** Where `gatehouse serve` writes: the log to standard output, words for a person to standard error. */
import { isatty } from "node:tty";
import { type Logger, pino } from "pino";
import { prettyFactory } from "pino-pretty";
import { destinationOf } from "../runtime/observe/log-destination.ts";
import { type CountedOutput, Output } from "../runtime/observe/output.ts";
import { isSameFile } from "../runtime/observe/output-file.ts";

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
  constructor(level: string) {
    const log = new Output(1, { name: "log" });
    // Where both lead to one place, they come in the order in which they happen.
    this.#words = isSameFile(1, 2) ? log : new Output(2, { name: "words" });
    this.#outputs = [...new Set([log, this.#words])];
    this.counted = this.#outputs;
    this.logger = pino({ level }, destinationOf(log, isatty(1) ? readable() : undefined));
    // Node's own way of telling them is to write to standard error, and to wait for that.
    process.removeAllListeners("warning");
    process.on("warning", (warning) => this.logger.warn({ event: "process.warning", err: warning }, warning.message));
  }

  readonly complain = (text: string): void => {
    this.#words.write(`${text}\n`);
  };

  /** @returns whether all is written: not where nobody reads it. */
  async close(): Promise<boolean> {
    const written = await Promise.all(this.#outputs.map((output) => output.flush(lastWords)));
    return written.every(Boolean);
  }
}

/** Puts a line of the log into words, with colours. */
function readable(): (line: string) => string {
  return prettyFactory({ colorize: true, singleLine: true, ignore: "pid,hostname,event" });
}
