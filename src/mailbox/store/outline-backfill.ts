import { setTimeout } from "node:timers/promises";
import type { StorePort } from "./store-port.ts";

/**
 * Makes the outlines of messages that an earlier version kept without, the newest first: some at a time, each time in a
 * transaction that also says how far it came, with a pause as long as the work. Until then those messages are read when
 * somebody asks. When it fails, or the store is closed, the next opening goes on.
 */
export async function fillOutlines(store: Pick<StorePort, "read" | "write">, signal: AbortSignal): Promise<void> {
  try {
    let left = 1;
    while (left > 0 && !signal.aborted) {
      const began = performance.now();
      const { outlines, due } = await store.read("outlinesDue", null);
      await store.write("keepOutlines", { outlines, due });
      left = due;
      await setTimeout(performance.now() - began, undefined, { signal, ref: false });
    }
  } catch {
    // Nobody waits for it.
  }
}
