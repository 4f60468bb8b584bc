/** STORE, COPY, MOVE and EXPUNGE (RFC 3501 section 6.4, RFC 4315, RFC 6851). */
import type { Copied } from "../mailbox.ts";
import { onMailbox } from "./carry-out.ts";
import { type Completion, no, ok, statusLine, tryCreate } from "./completion.ts";
import type { Dialogue } from "./dialogue.ts";
import type { CopyCommand, ExpungeCommand, StoreCommand } from "./grammar/command.ts";
import { formatCopyUid } from "./grammar/format-response.ts";
import type { IndexRange } from "./grammar/sequence-set.ts";
import type { MailboxView } from "./mailbox-view.ts";
import { chunksOf, findMessages, noSuchMessage } from "./message-numbers.ts";
import { flagsOf, tellKeywords } from "./untagged.ts";

/** Flags of so many messages are changed in one step. */
const STORED_AT_ONCE = 1000;

const someAreGone = no("Some of the messages are no more", "EXPUNGEISSUED");

export function store(dialogue: Dialogue, command: StoreCommand): void {
  onMailbox(dialogue, { tag: command.tag, keepsNumbers: !command.uid }, async ({ view }) => {
    if (view.mailbox.readOnly) return no("The mailbox was selected for reading only", "READ-ONLY");
    const ranges = findMessages(view, command);
    if (!ranges) return noSuchMessage;
    const uids = view.uidsOf(ranges);
    for (const some of chunksOf(uids, STORED_AT_ONCE)) {
      await view.mailbox.store(some, { mode: command.action, flags: command.flags });
      if (!command.silent) await tellFlags({ dialogue, view, withUid: command.uid }, some);
    }
    return command.uid || uids.length === countOf(ranges) ? ok("Stored") : someAreGone;
  });
}

async function tellFlags(
  { dialogue, view, withUid }: { dialogue: Dialogue; view: MailboxView; withUid: boolean },
  uids: readonly number[],
): Promise<void> {
  const { output } = dialogue;
  tellKeywords(output, view);
  for (const uid of uids) {
    const index = view.indexOf(uid);
    const message = view.at(index);
    if (!message) continue;
    if (output.full) await dialogue.breathe();
    view.toldFlags(uid);
    output.text(`* ${index + 1} FETCH (${withUid ? `UID ${uid} ` : ""}FLAGS ${flagsOf(view, message)})\r\n`);
  }
}

/** COPY and MOVE: all of the messages or none. */
export function copy(dialogue: Dialogue, command: CopyCommand): void {
  onMailbox(dialogue, command, async ({ view }) => {
    const ranges = findMessages(view, command);
    if (!ranges) return noSuchMessage;
    const uids = view.uidsOf(ranges);
    if (!command.uid && uids.length < countOf(ranges)) return someAreGone;
    if (uids.length === 0) return ok("There are no such messages");
    try {
      if (command.name === "COPY") return copied(await view.mailbox.copy(uids, command.mailbox));
      const moved = copied(await view.mailbox.move(uids, command.mailbox));
      // Before the EXPUNGE responses (RFC 6851 section 4.3).
      dialogue.output.text(statusLine("*", moved));
      return ok("Moved");
    } catch (error) {
      throw tryCreate(error);
    }
  });
}

function copied(uids: Copied): Completion {
  return uids.from.length === 0 ? ok("Copied") : ok("Copied", formatCopyUid(uids));
}

/** What was removed is told of when the command is completed, as all changes are. */
export function expunge(dialogue: Dialogue, command: ExpungeCommand): void {
  onMailbox(dialogue, command, async ({ view }) => {
    const uids = command.set ? view.uidsOf(view.find(command.set, true)) : undefined;
    await view.mailbox.expunge(uids);
    return ok("Expunged");
  });
}

function countOf(ranges: readonly IndexRange[]): number {
  return ranges.reduce((count, { start, end }) => count + end - start, 0);
}
