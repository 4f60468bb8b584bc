import type { Command } from "../../../../src/protocols/imap/grammar/command.ts";
import { CommandReader } from "../../../../src/protocols/imap/grammar/command-reader.ts";
import { authenticatedGrammarLimits, type GrammarLimits } from "../../../../src/protocols/imap/grammar/limits.ts";
import type { ReadResult } from "../../../../src/protocols/imap/grammar/read-result.ts";

export interface ReadOptions {
  readonly limits?: Partial<GrammarLimits>;
  /** Where the bytes are cut into chunks. */
  readonly cuts?: readonly number[];
  /** What is done with messages of APPEND; they are accepted by default. */
  readonly messages?: "accept" | "refuse";
}

/** Everything that a reader makes of the bytes, messages of APPEND in one piece. */
export function readAll(bytes: string | Uint8Array, options: ReadOptions = {}): ReadResult[] {
  const reader = new CommandReader({ ...authenticatedGrammarLimits, ...options.limits });
  const octets = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : Buffer.from(bytes);
  const results: ReadResult[] = [];
  for (const chunk of cut(octets, options.cuts ?? [])) {
    reader.push(Buffer.from(chunk));
    drain(reader, results, options.messages ?? "accept");
    const last = results.at(-1);
    if (last?.type === "error" && last.ends) break;
  }
  return results;
}

/** The only command in the bytes; an error is thrown, with what the client would be told. */
export function readOne(bytes: string): Command {
  const [first, ...others] = readAll(`${bytes}\r\n`).filter(({ type }) => type !== "continuation");
  if (first?.type === "error") throw new Error(`${first.tag} ${first.status} [${first.code}] ${first.text}`);
  if (first?.type !== "command" || others.length > 0) throw new Error(`Not one command: ${JSON.stringify(first)}`);
  return first.command;
}

/** The command without its tag, which is `a`. */
export function parse(text: string): Omit<Command, "tag"> {
  const { tag, ...rest } = readOne(`a ${text}`);
  if (tag !== "a") throw new Error(`The tag is ${tag}`);
  return rest;
}

function drain(reader: CommandReader, results: ReadResult[], messages: "accept" | "refuse"): void {
  for (;;) {
    const result = reader.next();
    if (result.type === "more" || result.type === "ended") return;
    const last = results.at(-1);
    if (result.type === "message" && last?.type === "message") {
      results[results.length - 1] = { type: "message", chunk: Buffer.concat([last.chunk, result.chunk]) };
    } else {
      results.push(result);
    }
    if (result.type === "append" && messages === "accept") reader.acceptMessage();
    else if (result.type === "append") reader.refuseMessage();
    if (result.type === "error" && result.ends) return;
  }
}

function cut(octets: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts)].filter((place) => place > 0 && place < octets.length).sort((a, b) => a - b);
  const chunks: Buffer[] = [];
  let start = 0;
  for (const place of [...places, octets.length]) {
    chunks.push(octets.subarray(start, place));
    start = place;
  }
  return chunks;
}
