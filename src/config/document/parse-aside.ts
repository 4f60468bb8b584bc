/** Parses large documents in a thread, so that they do not block the event loop. */
import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { ConfigurationError } from "./configuration-error.ts";
import { type ParseOptions, parseDocument } from "./document.ts";
import { type Configuration, type ConfigurationMembers, checkedConfiguration } from "./effective.ts";
import type { ParsedPiece } from "./parse-thread.ts";
import { startThread } from "./start-thread.ts";

/** Characters that are parsed within milliseconds, faster than a thread starts. */
const SMALL = 32_768;

/** The same, for a document that is no text: how many values are in it. */
const FEW = 2_000;

/** Whether it is worth a thread. */
export function isLarge(document: unknown): boolean {
  return typeof document === "string" ? document.length > SMALL : hasMany(document);
}

/**
 * `parseDocument()`; a large document is parsed in a thread of its own, whose result is taken over in pieces.
 * @throws ConfigurationError with every mistake of the document
 */
export async function parseAside(source: unknown, options: ParseOptions = {}): Promise<Configuration> {
  const worker = isLarge(source) ? threadFor(source, options) : null;
  if (!worker) return parseDocument(source, options);
  try {
    return await takeOver(worker);
  } finally {
    await worker.terminate();
  }
}

/** Null for a value that no thread can be given, such as one with functions in it. */
function threadFor(source: unknown, options: ParseOptions): Worker | null {
  try {
    return startThread("./parse-thread", import.meta.url, { source, options });
  } catch {
    return null;
  }
}

/** Counts no further than it has to. */
function hasMany(document: unknown): boolean {
  const values = [document];
  for (const value of values) {
    const members = membersOf(value);
    if (values.length + members.length > FEW) return true;
    values.push(...members);
  }
  return false;
}

/** Calls no accessor: what parses the value does, once. Of an object that has too many, the keys stand for them. */
function membersOf(value: unknown): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if (value instanceof Map) return [...value.values()];
  try {
    if (Array.isArray(value)) return value;
    const keys = Object.keys(value);
    return keys.length > FEW ? keys : keys.map((key) => Object.getOwnPropertyDescriptor(value, key)?.value);
  } catch {
    // A proxy threw: the value is parsed here, which reports it.
    return [];
  }
}

async function takeOver(worker: Worker): Promise<Configuration> {
  const lists: Record<string, unknown[]> = {};
  for (;;) {
    const [piece] = (await once(worker, "message")) as [ParsedPiece];
    switch (piece.type) {
      case "entries":
        lists[piece.list] = lists[piece.list] ?? [];
        lists[piece.list]?.push(...piece.entries);
        worker.postMessage(null);
        break;
      case "rest":
        return checkedConfiguration({ ...piece.rest, ...lists } as ConfigurationMembers);
      case "invalid":
        throw new ConfigurationError(piece.issues, { file: piece.file });
    }
  }
}
