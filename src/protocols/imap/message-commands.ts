/** STORE, COPY, MOVE and EXPUNGE (RFC 3501 section 6.4, RFC 4315, RFC 6851). */
import type { Copied } from "../mailbox.ts";
import { onMailbox } from "./carry-out.ts";
import type { ClientView } from "./client-view.ts";
import { type Completion, no, ok, statusLine, tryCreate } from "./completion.ts";
import type { ImapDialogue } from "./dialogue.ts";
import type { CopyCommand, ExpungeCommand, StoreCommand } from "./grammar/command.ts";
import { formatCopyUid } from "./grammar/format-response.ts";
import type { IndexRange } from "./grammar/sequence-set.ts";
import { chunksOf, findMessages, noSuchMessage } from "./message-numbers.ts";
import { flagsOf, writeKeywords } from "./untagged.ts";

/** How many messages are changed in one step, so that the writes of others are not held up. */
const CHANGED_AT_ONCE = 500;

/** What a message that is named costs, in steps of `ImapDialogue.tires`. */
const STEPS_OF_MESSAGE = 20;

const someAreGone = no("Some of the messages are no more", "EXPUNGEISSUED");

export function store(dialogue: ImapDialogue, command: StoreCommand): void {
  onMailbox(dialogue, { tag: command.tag, keepsNumbers: !command.uid }, async ({ view }) => {
    if (view.mailbox.readOnly) return no("The mailbox was selected for reading only", "READ-ONLY");
    const ranges = findMessages(view, command);
    if (!ranges) return noSuchMessage;
    const uids = view.uidsOf(ranges);
    for (const some of chunksOf(uids, CHANGED_AT_ONCE)) {
      await view.mailbox.store(some, { mode: command.action, flags: command.flags });
      if (!command.silent) await writeFlags({ dialogue, view, withUid: command.uid }, some);
    }
    return command.uid || uids.length === countOf(ranges) ? ok("Stored") : someAreGone;
  });
}

async function writeFlags(
  { dialogue, view, withUid }: { dialogue: ImapDialogue; view: ClientView; withUid: boolean },
  uids: readonly number[],
): Promise<void> {
  const { output } = dialogue;
  writeKeywords(output, view);
  for (const uid of uids) {
    const index = view.indexOf(uid);
    const message = view.at(index);
    if (!message) continue;
    if (output.full) await dialogue.breathe();
    view.flagsSent(uid);
    output.text(`* ${index + 1} FETCH (${withUid ? `UID ${uid} ` : ""}FLAGS ${flagsOf(view, message)})\r\n`);
  }
}

/** COPY: all of the messages or none. MOVE: each message as a whole (RFC 6851 section 3.3). */
export function copy(dialogue: ImapDialogue, command: CopyCommand): void {
  onMailbox(dialogue, command, async ({ view }) => {
    const ranges = findMessages(view, command);
    if (!ranges) return noSuchMessage;
    const uids = view.uidsOf(ranges);
    if (!command.uid && uids.length < countOf(ranges)) return someAreGone;
    if (uids.length === 0) return ok("There are no such messages");
    if (dialogue.tires(uids.length * STEPS_OF_MESSAGE)) await dialogue.breathe();
    try {
      if (command.name === "COPY") return copied([await view.mailbox.copy(uids, command.mailbox)]);
      await move({ dialogue, view, to: command.mailbox }, uids);
      return ok("Moved");
    } catch (error) {
      throw tryCreate(error);
    }
  });
}

async function move(
  { dialogue, view, to }: { dialogue: ImapDialogue; view: ClientView; to: string },
  uids: readonly number[],
): Promise<void> {
  const moved: Copied[] = [];
  try {
    for (const some of chunksOf(uids, CHANGED_AT_ONCE)) moved.push(await view.mailbox.move(some, to));
  } finally {
    // Before the EXPUNGE responses (RFC 6851 section 4.3), also when it could not go on.
    if (moved.length > 0) dialogue.output.text(statusLine("*", copied(moved)));
  }
}

function copied(steps: readonly Copied[]): Completion {
  const from = steps.flatMap((step) => step.from);
  const to = steps.flatMap((step) => step.to);
  const uidValidity = steps[0]?.uidValidity ?? 0;
  return from.length === 0 ? ok("Copied") : ok("Copied", formatCopyUid({ uidValidity, from, to }));
}

/** The client is notified of what was removed when the command completes, as of all changes. */
export function expunge(dialogue: ImapDialogue, command: ExpungeCommand): void {
  onMailbox(dialogue, command, async ({ view }) => {
    if (command.set) await expungeOf(view, view.uidsOf(view.find(command.set, true)));
    else await expungeAll(view);
    return ok("Expunged");
  });
}

/** What has `\Deleted`, as far as the session knows in steps, and then whatever has it besides. */
export async function expungeAll(view: ClientView): Promise<void> {
  const { deletedUids } = view;
  if (deletedUids.length > CHANGED_AT_ONCE) await expungeOf(view, deletedUids);
  await view.mailbox.expunge();
}

async function expungeOf(view: ClientView, uids: readonly number[]): Promise<void> {
  for (const some of chunksOf(uids, CHANGED_AT_ONCE)) await view.mailbox.expunge(some);
}

function countOf(ranges: readonly IndexRange[]): number {
  return ranges.reduce((count, { start, end }) => count + end - start, 0);
}
