import type { SummaryColumns } from "../database/summary-columns.ts";
import type { MailStore } from "../store/store.ts";

/** Messages in one answer of the thread: some milliseconds of the event loop. */
const PAGE = 4000;

export function readPage(store: MailStore, position: { readonly mailbox: number; readonly after: number }) {
  return store.read("summaries", { ...position, limit: PAGE });
}

export async function* readAllSummaries(store: MailStore, mailbox: number): AsyncGenerator<SummaryColumns> {
  let after = 0;
  let length = PAGE;
  while (length === PAGE) {
    const page = await readPage(store, { mailbox, after });
    yield page;
    length = page.uid.length;
    after = page.uid.at(-1) ?? after;
  }
}
