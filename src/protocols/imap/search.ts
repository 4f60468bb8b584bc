/** SEARCH and UID SEARCH (RFC 3501 section 6.4.4). */
import { type OnMailbox, onMailbox } from "./carry-out.ts";
import { type Completion, ok } from "./completion.ts";
import type { ImapDialogue } from "./dialogue.ts";
import type { SearchCommand } from "./grammar/search-key.ts";
import { inBatches } from "./message-numbers.ts";
import { SearchEvaluation } from "./search-evaluation.ts";

/** How many messages are looked at before the session can be stopped. */
const LARGEST_BATCH = 3200;
/** Keys times messages of a batch: some milliseconds. */
const TESTS_AT_ONCE = 50_000;
/** What a test costs: some steps of `ImapDialogue.tires`. */
const STEPS_OF_TEST = 10;

export function search(dialogue: ImapDialogue, command: SearchCommand): void {
  onMailbox(dialogue, { tag: command.tag, keepsNumbers: !command.uid }, (on) => carryOut(on, command));
}

async function carryOut({ dialogue, view }: OnMailbox, { key, uid }: SearchCommand): Promise<Completion> {
  const { output } = dialogue;
  const evaluation = new SearchEvaluation(view, key, () => dialogue.goOn());
  const { tests } = evaluation;
  const size = Math.max(1, Math.min(LARGEST_BATCH, Math.floor(TESTS_AT_ONCE / tests)));
  // What is found leaves while the rest is looked at: with many messages the line is long.
  output.text("* SEARCH");
  try {
    for (const batch of inBatches([{ start: 0, end: view.count }], size)) {
      if (dialogue.tires(batch.length * tests * STEPS_OF_TEST)) await dialogue.breathe();
      for (const index of await evaluation.of(batch)) output.text(` ${uid ? (view.at(index)?.uid ?? 0) : index + 1}`);
    }
  } finally {
    // A search that fails has its line ended, too.
    output.text("\r\n");
  }
  return ok("Searched");
}
