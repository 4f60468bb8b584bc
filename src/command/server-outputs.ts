/** Where `gatehouse serve` writes: the log to standard output, messages for people to standard error. */
import { isatty } from "node:tty";
import { type Logger, pino } from "pino";
import { printable, printableLines } from "../config/values/printable.ts";
import { destinationOf, type LogDestination } from "../runtime/observe/log-destination.ts";
import { type CountedOutput, Output } from "../runtime/observe/output.ts";
import { isSameFile } from "../runtime/observe/output-file.ts";
import { withPreparedLines } from "../runtime/observe/prepared-lines.ts";
import { loadOptional, MissingPackageError } from "../runtime/optional-package.ts";

/** Milliseconds for the last lines. */
const lastWords = 2_000;

/** Where messages for people go. */
export interface WordsPlace {
  /** The descriptor; that of standard error by default. */
  readonly fd: number;
  /** Gets them as well. */
  readonly also?: (text: string) => void;
}

/** The command's logger, in JSON. */
export function serverLogger(destination: LogDestination, level: string): Logger {
  return withPreparedLines((to) => pino({ level }, to), destination);
}

interface Start {
  over: boolean;
}

interface TerminalLog {
  readonly start: Start;
  /** Turns a line of the log into what is shown. */
  present(line: string): string;
}

/** A reader that is slow or does not read blocks nothing, neither the server nor its end. */
export class ServerOutputs {
  readonly logger: Logger;
  /** Each output once, for its counts. */
  readonly counted: readonly CountedOutput[];
  readonly #start: Start;
  readonly #words: Output;
  readonly #also: WordsPlace["also"];
  readonly #outputs: readonly Output[];

  /** @param level the lowest level that is logged. @param words standard error by default */
  static async open(level: string, words: WordsPlace = { fd: 2 }): Promise<ServerOutputs> {
    if (!isatty(1)) return new ServerOutputs(level, words);
    const start = { over: false };
    try {
      return new ServerOutputs(level, words, { start, present: await readable(start) });
    } catch (error) {
      if (!(error instanceof MissingPackageError)) throw error;
      const present = (line: string) => `${JSON.stringify(unlessSaid(JSON.parse(line), start))}\n`;
      const outputs = new ServerOutputs(level, words, { start, present });
      outputs.complain(error.message);
      return outputs;
    }
  }

  /** @param terminal without it the lines of the log are JSON */
  private constructor(level: string, { fd, also }: WordsPlace, terminal?: TerminalLog) {
    this.#start = terminal?.start ?? { over: false };
    const log = new Output(1, { name: "log" });
    // When both lead to one place, they are written in order.
    this.#words = isSameFile(1, fd) ? log : new Output(fd, { name: "words" });
    this.#also = also;
    this.#outputs = [...new Set([log, this.#words])];
    this.counted = this.#outputs;
    this.logger = terminal
      ? pino({ level }, destinationOf(log, terminal.present))
      : serverLogger(destinationOf(log), level);
    // Node's own way of reporting them blocks while it writes to standard error.
    process.removeAllListeners("warning");
    process.on("warning", (warning) => this.logger.warn({ event: "process.warning", err: warning }, warning.message));
  }

  readonly complain = (text: string): void => {
    const line = `${printableLines(text)}\n`;
    this.#words.write(line);
    this.#also?.(line);
  };

  /** From here on the log alone says why something failed. */
  started(): void {
    this.#start.over = true;
  }

  /** @returns whether everything is written; it is not when nobody reads. */
  async close(): Promise<boolean> {
    const written = await Promise.all(this.#outputs.map((output) => output.flush(lastWords)));
    return written.every(Boolean);
  }
}

/** Turns a line of the log into readable text, with colours. @throws MissingPackageError */
async function readable(start: Start): Promise<(line: string) => string> {
  const wanted = { name: "pino-pretty", purpose: "A log for people to read" };
  const { prettyFactory } = await loadOptional(wanted, () => import("pino-pretty"));
  const pretty = prettyFactory({ colorize: true, singleLine: true, ignore: "pid,hostname,event" });
  return (line) => pretty(unlessSaid(JSON.parse(line, shown), start));
}

/** Why a start failed is said in words, on the same terminal: once is enough. */
function unlessSaid(fields: Readonly<Record<string, unknown>>, start: Start): object {
  const { reasons, ...rest } = fields;
  return !start.over && (rest["event"] === "listener.failed" || rest["event"] === "server.failed") ? rest : fields;
}

/** Clients choose names; a stack has lines of its own. */
function shown(key: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  return key === "stack" ? printableLines(value) : printable(value);
}
