/** IDLE (RFC 2177): changes are told as they happen, until the client says DONE. */
import { bad, ok } from "./completion.ts";
import { type Dialogue, notNow } from "./dialogue.ts";
import type { Tagged } from "./grammar/command.ts";

/** Octets of the line that ends IDLE. */
export const DONE_LINE = 64;

export function idle(dialogue: Dialogue, { tag }: Tagged): void {
  if (!dialogue.can("command.idle")) {
    dialogue.complete(tag, notNow(dialogue));
    return;
  }
  dialogue.tag = tag;
  dialogue.output.text("+ Idling\r\n");
  dialogue.send("command.idle");
}

/** A line in the state `idling`. */
export function endIdle(dialogue: Dialogue, line: string): void {
  dialogue.tellChanges(true);
  if (dialogue.over) return;
  dialogue.send("command.completed");
  dialogue.complete(dialogue.tag, line.toUpperCase() === "DONE" ? ok("Idle ended") : bad("DONE was expected"));
}
