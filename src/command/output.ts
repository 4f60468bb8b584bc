/** What the command says to a person; the log goes its own way. */
import { messageOf } from "../runtime/error-message.ts";

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The messages of an error and of all that it gathers, each once. One with a code words those that it gathers itself. */
export function messagesOf(error: unknown): string[] {
  const messages =
    error instanceof AggregateError && !("code" in error) ? error.errors.flatMap(messagesOf) : [messageOf(error)];
  return [...new Set(messages)];
}
