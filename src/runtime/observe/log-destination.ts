import type { DestinationStream } from "pino";
import { type CountedOutput, Output } from "./output.ts";

/** Where pino writes: see `logDestination`. */
export interface LogDestination extends DestinationStream, CountedOutput {
  /** By this pino tells a destination from options when it is given one argument. */
  readonly writable: true;
  /**
   * Waits until every line is written.
   * @param limit milliseconds
   * @returns false where that took longer, or the destination cannot be written to
   */
  flush(limit: number): Promise<boolean>;
}

/**
 * A destination for pino that writes the lines of one turn of the event loop at once, at its end: a line for each
 * connection is one write(2) for each otherwise, which is most of what the line costs. It never makes anybody wait: while
 * nobody reads the log or its disk is full, up to 8 MiB are kept, and lines that come then are dropped and counted.
 *
 * An exit writes what can be written without waiting, that by an exception that nobody caught included; a process that is
 * killed loses the lines of the turn that it was in.
 * @param file a path or a descriptor; standard output by default.
 * @throws what open(2) refuses
 */
export function logDestination(file: string | number = 1): LogDestination {
  return destinationOf(new Output(file, { name: "log" }));
}

/** @param textOf puts a line of JSON into words. */
export function destinationOf(output: Output, textOf?: (line: string) => string): LogDestination {
  return {
    writable: true,
    name: output.name,
    get dropped() {
      return output.dropped;
    },
    write: textOf ? (line) => output.write(textOf(line)) : (line) => output.write(line),
    onFlowing: (listener) => output.onFlowing(listener),
    flush: (limit) => output.flush(limit),
  };
}
