/** The output of a command that ends by itself: it waits for its reader. A server does not: see `ServerOutputs`. */
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { printableLines } from "../config/values/printable.ts";
import { messageOf } from "../config/values/thrown.ts";
import { exitCodes } from "./exit-codes.ts";
import { terminalContent } from "./terminal-content.ts";

export function say(text: string): void {
  print("stdout", `${text}\n`);
}

export function complain(text: string): void {
  print("stderr", `${text}\n`);
}

/** Characters of a line on the terminal; without one a row stays on its line, for programs. */
export function terminalWidth(): number {
  const { isTTY, columns } = process.stdout;
  return isTTY && columns > 0 ? columns : Number.POSITIVE_INFINITY;
}

/** Adds no line end. Names control characters that a terminal would act on. */
export function print(name: "stdout" | "stderr", text: string): void {
  guarded(name).write(printableLines(text));
}

/** Prints a whole stream: unchanged, except to a terminal. */
export async function printStream(content: Readable): Promise<void> {
  const stdout = guarded("stdout");
  const poured = stdout.isTTY
    ? pipeline(content, terminalContent(), stdout, { end: false })
    : pipeline(content, stdout, { end: false });
  await poured.catch((error: unknown) => {
    if (error !== stdout.errored) throw error;
  });
}

const watched = new Set<NodeJS.WriteStream>();

/** Without this, a reader that has left (`head`) or a full disk would be an uncaught exception. */
function guarded(name: "stdout" | "stderr"): NodeJS.WriteStream {
  const stream = process[name];
  if (watched.has(stream)) return stream;
  watched.add(stream);
  stream.on("error", (error) => {
    // A reader that has left has read what it wanted; and when that was standard error, nobody is left to report it to.
    if (name === "stderr" || ("code" in error && error.code === "EPIPE")) return;
    complain(`What was to be printed could not be written: ${error.message}.`);
    process.once("exit", () => {
      process.exitCode ||= exitCodes.output;
    });
  });
  return stream;
}

/**
 * The messages of an error and of everything it aggregates, each once. An error with a code describes its own parts.
 */
export function messagesOf(error: unknown): string[] {
  const messages =
    error instanceof AggregateError && !("code" in error) ? error.errors.flatMap(messagesOf) : [messageOf(error)];
  return [...new Set(messages)];
}
