/** Large documents are changed by a thread: the event loop has others to serve. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { isLarge } from "../document/parse-aside.ts";
import { type ChangedDocument, changedDocument, type DocumentIds, idsIn } from "./changed-document.ts";
import type { DocumentChange } from "./managed-document-contract.ts";

/** The thread's file is TypeScript in the sources and JavaScript in the package. */
const ENTRY = new URL(`./change-thread${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export interface ChangeWork {
  /** Of a document without mistakes. */
  readonly text: string;
  readonly changes: readonly DocumentChange[];
  readonly mode: "new" | "kept";
}

export interface ChangedWithIds extends ChangedDocument {
  /** Of all objects there are then. */
  readonly objects: DocumentIds;
}

export function changedWithIds({ text, changes, mode }: ChangeWork): ChangedWithIds {
  const changed = changedDocument(text, changes, mode);
  return { ...changed, objects: idsIn(changed.text) };
}

export async function changeAside(work: ChangeWork): Promise<ChangedWithIds> {
  if (!isLarge(work.text)) return changedWithIds(work);
  const worker = new Worker(ENTRY, { workerData: work, execArgv: ["--disable-warning=ExperimentalWarning"] });
  try {
    const [changed] = (await once(worker, "message")) as [ChangedWithIds];
    return changed;
  } finally {
    await worker.terminate();
  }
}
