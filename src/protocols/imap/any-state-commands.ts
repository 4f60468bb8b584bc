/** Commands that may come in any state (RFC 3501 section 6.1, RFC 2971), and NOOP's like. */
import { capabilities } from "./capabilities.ts";
import { onMailbox } from "./carry-out.ts";
import { ok } from "./completion.ts";
import type { ImapDialogue } from "./dialogue.ts";
import type { IdCommand, PlainCommand, Tagged } from "./grammar/command.ts";
import { formatId } from "./grammar/format-response.ts";

export function capability(dialogue: ImapDialogue, { tag }: Tagged): void {
  dialogue.output.text(`* ${capabilities(dialogue)}\r\n`);
  dialogue.complete(tag, ok("Capabilities told"));
}

/** NOOP, and CHECK, which has nothing more to do: what was acknowledged is durable. */
export function noop(dialogue: ImapDialogue, { tag, name }: PlainCommand): void {
  if (name === "NOOP" && !dialogue.view) {
    dialogue.complete(tag, ok("Done"));
    return;
  }
  onMailbox(dialogue, { tag }, async ({ view }) => {
    await view.mailbox.refresh();
    return ok("Done");
  });
}

export function logout(dialogue: ImapDialogue, { tag }: Tagged): void {
  dialogue.output.text("* BYE Logging out\r\n");
  dialogue.complete(tag, ok("Bye"));
  dialogue.goodbye = true;
  dialogue.end("quit");
}

/** What a client says of itself is not kept: it is of no use here, and may be personal. */
export function id(dialogue: ImapDialogue, { tag }: IdCommand): void {
  dialogue.output.text(formatId(new Map([["name", "Gatehouse"]])));
  dialogue.complete(tag, ok("Pleased to meet you"));
}
