/** What the server sends about the selected mailbox unasked (RFC 3501 sections 7.2 and 7.3). */
import type { MessageSummary } from "../mailbox.ts";
import type { ClientView } from "./client-view.ts";
import { formatFlags, RECENT, systemFlags } from "./grammar/flags.ts";
import type { Output } from "./output.ts";

/** Flags of a message as this session sees them. */
export function flagsOf(view: ClientView, message: MessageSummary): string {
  return formatFlags(view.isRecent(message.uid) ? [...message.flags, RECENT] : message.flags);
}

/** How many messages the client is notified of before other connections get a turn: a few milliseconds. */
const UPDATES_AT_ONCE = 5000;

/** Sends what has happened since the last time. @returns whether there is more to send. */
export function writeChanges(
  output: Output,
  { view, expunges }: { readonly view: ClientView; readonly expunges: boolean },
): boolean {
  writeKeywords(output, view);
  for (const update of view.tell(expunges, UPDATES_AT_ONCE)) {
    switch (update.type) {
      case "flags":
        output.text(`* ${update.number} FETCH (FLAGS ${flagsOf(view, update.message)})\r\n`);
        break;
      case "expunge":
        output.text(`* ${update.number} EXPUNGE\r\n`);
        break;
      case "exists":
        output.text(`* ${update.messages} EXISTS\r\n* ${update.recent} RECENT\r\n`);
        break;
    }
  }
  return view.isOwed(expunges);
}

/** Comes before the flags of a message with a new keyword (RFC 3501 section 7.2.6). */
export function writeKeywords(output: Output, view: ClientView): void {
  if (view.learnKeywords()) output.text(flagLists(view));
}

/** FLAGS and PERMANENTFLAGS: the flags that messages have, and those that can be changed for good. */
export function flagLists({ mailbox }: ClientView): string {
  const flags = [...systemFlags, ...mailbox.keywords];
  const permanent = mailbox.readOnly ? [] : mailbox.acceptsKeywords ? [...flags, "\\*"] : flags;
  const note = mailbox.readOnly ? "No flags can be changed" : "Flags that are kept";
  return `* FLAGS ${formatFlags(flags)}\r\n* OK [PERMANENTFLAGS ${formatFlags(permanent)}] ${note}\r\n`;
}
