import type { DestinationStream } from "pino";
import { type CountedOutput, Output } from "./output.ts";

/** Pino's destination: see `logDestination`. */
export interface LogDestination extends DestinationStream, CountedOutput {
  /** By this pino recognizes a destination that is passed as its only argument. */
  readonly writable: true;
  /**
   * Waits until every line is written.
   * @param limit milliseconds
   * @returns false when that took longer, or the destination cannot be written to
   */
  flush(limit: number): Promise<boolean>;
}

/**
 * A destination for pino that gathers lines: those of one turn of the event loop, and of the 5 ms after a write, or 32 KiB
 * of them. Otherwise a line for each connection means one write(2) for each, which is most of the line's cost. It never
 * blocks: while nobody reads the log or its disk is full, up to 8 MiB are kept, and further lines are dropped and counted.
 *
 * On exit, even after an uncaught exception, it writes what it can without waiting; a process that is
 * killed by a signal that it cannot handle loses the lines of its last 5 ms, and what a thread was about to write.
 * @param file a path or a descriptor; standard output by default.
 * @throws the error of open(2)
 */
export function logDestination(file: string | number = 1): LogDestination {
  return destinationOf(new Output(file, { name: "log" }));
}

/** @param textOf turns a line of JSON into readable text. */
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
