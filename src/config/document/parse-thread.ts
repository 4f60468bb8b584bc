/** A thread that parses one document. */
import { parentPort, workerData } from "node:worker_threads";
import { ConfigurationError, type ConfigurationIssue } from "./configuration-error.ts";
import { type ParseOptions, parseDocument } from "./document.ts";
import type { ConfigurationMembers } from "./effective.ts";

/** Its answers: lists in pieces, each on request, then everything else; or why there is no result. */
export type ParsedPiece =
  | { readonly type: "entries"; readonly list: string; readonly entries: readonly unknown[] }
  | { readonly type: "rest"; readonly rest: Partial<ConfigurationMembers> }
  | { readonly type: "invalid"; readonly issues: readonly ConfigurationIssue[]; readonly file: string | undefined };

/** Entries that are taken over in one turn of the event loop. */
const PIECE = 2_000;

function* pieces(): Generator<ParsedPiece> {
  const { source, options } = workerData as { readonly source: unknown; readonly options: ParseOptions };
  try {
    const rest: Record<string, unknown> = { ...parseDocument(source, options) };
    for (const [list, entries] of Object.entries(rest)) {
      if (!Array.isArray(entries)) continue;
      rest[list] = [];
      for (let at = 0; at < entries.length; at += PIECE)
        yield { type: "entries", list, entries: entries.slice(at, at + PIECE) };
    }
    yield { type: "rest", rest };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    yield { type: "invalid", issues: error.issues, file: error.file };
  }
}

const all = pieces();

function sendNext(): void {
  const { value, done } = all.next();
  if (!done) parentPort?.postMessage(value);
}

parentPort?.on("message", sendNext);
sendNext();
