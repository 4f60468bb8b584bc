import { type DestinationStream, pino } from "pino";

/**
 * A destination for pino that writes the lines of one turn of the event loop at once, at its end. A line for each
 * connection is one write(2) for each otherwise, which is most of what the line costs.
 *
 * Nothing is lost when the process exits by itself, be it by an exception that nobody caught; a process that is killed
 * loses the lines of the turn that it was in.
 * @param file a path or a descriptor; standard output by default.
 */
export function logDestination(file: string | number = 1): DestinationStream & { readonly writable: true } {
  // As many octets are kept for the end of the turn, which is longer than most turns' lines.
  const stream = pino.destination({ dest: file, sync: true, minLength: 16_000 });
  let scheduled = false;
  const flush = (): void => {
    scheduled = false;
    // Not flushSync(): that throws where nobody reads the log any more, which pino's own errors leave out of account.
    stream.flush();
  };
  process.on("exit", flush);
  return {
    // By this pino tells a destination from options when it is given one argument.
    writable: true,
    write: (line) => {
      stream.write(line);
      if (scheduled) return;
      scheduled = true;
      setImmediate(flush);
    },
  };
}
