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

/** Whether it is worth a thread. */
export function isLarge(text: string): boolean {
  return text.length > SMALL;
}

/**
 * `parseDocument()` for a text; a large one is parsed in a thread of its own, whose result is taken over in pieces.
 * @throws ConfigurationError with every mistake of the document
 */
export async function parseAside(text: string, options: ParseOptions = {}): Promise<Configuration> {
  if (!isLarge(text)) return parseDocument(text, options);
  const worker = startThread("./parse-thread", import.meta.url, { text, options });
  try {
    return await takeOver(worker);
  } finally {
    await worker.terminate();
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
