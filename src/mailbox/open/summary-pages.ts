import type { StorePort } from "../store/store-port.ts";
import type { SummaryColumns } from "../store/summary-columns.ts";

/** Messages in one answer of the thread: some milliseconds of the event loop. */
const PAGE = 4000;

export function readPage(store: StorePort, position: { readonly mailbox: number; readonly after: number }) {
  return store.read("summaries", { ...position, limit: PAGE });
}

export async function* readAllSummaries(store: StorePort, mailbox: number): AsyncGenerator<SummaryColumns> {
  let after = 0;
  let length = PAGE;
  while (length === PAGE) {
    const page = await readPage(store, { mailbox, after });
    yield page;
    length = page.uid.length;
    after = page.uid.at(-1) ?? after;
  }
}
