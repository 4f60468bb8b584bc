/** What is told of the selected mailbox without being asked (RFC 3501 sections 7.2 and 7.3). */
import type { MessageSummary } from "../mailbox.ts";
import type { ClientView } from "./client-view.ts";
import { formatFlags, RECENT, systemFlags } from "./grammar/flags.ts";
import type { Output } from "./output.ts";

/** Flags of a message as this session sees them. */
export function flagsOf(view: ClientView, message: MessageSummary): string {
  return formatFlags(view.isRecent(message.uid) ? [...message.flags, RECENT] : message.flags);
}

/** The client is told of so many messages before other connections have their turn: some milliseconds. */
const TOLD_AT_ONCE = 5000;

/** What has happened since the client was last told. @returns whether there is more to tell. */
export function tellChanges(
  output: Output,
  { view, expunges }: { readonly view: ClientView; readonly expunges: boolean },
): boolean {
  tellKeywords(output, view);
  for (const told of view.tell(expunges, TOLD_AT_ONCE)) {
    switch (told.type) {
      case "flags":
        output.text(`* ${told.number} FETCH (FLAGS ${flagsOf(view, told.message)})\r\n`);
        break;
      case "expunge":
        output.text(`* ${told.number} EXPUNGE\r\n`);
        break;
      case "exists":
        output.text(`* ${told.messages} EXISTS\r\n* ${told.recent} RECENT\r\n`);
        break;
    }
  }
  return view.isOwed(expunges);
}

/** Before a message is told of with a keyword that is new (RFC 3501 section 7.2.6). */
export function tellKeywords(output: Output, view: ClientView): void {
  if (view.learnKeywords()) output.text(flagLists(view));
}

/** FLAGS and PERMANENTFLAGS: the flags that messages have, and those that can be changed for good. */
export function flagLists({ mailbox }: ClientView): string {
  const flags = [...systemFlags, ...mailbox.keywords];
  const permanent = mailbox.readOnly ? [] : mailbox.acceptsKeywords ? [...flags, "\\*"] : flags;
  const note = mailbox.readOnly ? "No flags can be changed" : "Flags that are kept";
  return `* FLAGS ${formatFlags(flags)}\r\n* OK [PERMANENTFLAGS ${formatFlags(permanent)}] ${note}\r\n`;
}
