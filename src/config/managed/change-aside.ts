/** Large documents are changed by a thread: the event loop has others to serve. */
import { once } from "node:events";
import { isLarge } from "../document/parse-aside.ts";
import { startThread } from "../document/start-thread.ts";
import { type ChangedDocument, changedDocument, type DocumentIds, idsIn } from "./changed-document.ts";
import type { DocumentChange } from "./managed-document-contract.ts";

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
  const worker = startThread("./change-thread", import.meta.url, work);
  try {
    const [changed] = (await once(worker, "message")) as [ChangedWithIds];
    return changed;
  } finally {
    await worker.terminate();
  }
}
