/** IDLE (RFC 2177): changes are sent as they happen, until the client says DONE. */
import { bad, notNow, ok } from "./completion.ts";
import type { ImapDialogue } from "./dialogue.ts";
import type { Tagged } from "./grammar/command.ts";

/** Octets of the line that ends IDLE. */
export const DONE_LINE = 64;
/** Timers may fire a fraction of a millisecond before their time. */
const timerSlack = 1;

export function idle(dialogue: ImapDialogue, { tag }: Tagged): void {
  if (!dialogue.can("command.idle")) {
    dialogue.complete(tag, notNow(dialogue));
    return;
  }
  dialogue.tag = tag;
  dialogue.output.text("+ Idling\r\n");
  dialogue.send("command.idle");
  awaitNotice(dialogue);
}

/** Sends a client in IDLE what has changed, and a sign of life from time to time. Called in each turn. */
export function writeIdleChanges(dialogue: ImapDialogue): void {
  if (dialogue.congested) return;
  if (dialogue.writeChanges(true)) dialogue.wire.wake();
  if (dialogue.over || dialogue.wire.now() + timerSlack < dialogue.idleNoticeDue) return;
  dialogue.output.text("* OK Still here\r\n");
  awaitNotice(dialogue);
}

function awaitNotice(dialogue: ImapDialogue): void {
  const { idleNotifyInterval } = dialogue.settings.limits;
  dialogue.idleNoticeDue = dialogue.wire.now() + idleNotifyInterval;
  dialogue.wire.wakeAfter(idleNotifyInterval);
}

/** A line in the state `idling`. */
export function endIdle(dialogue: ImapDialogue, line: string): void {
  dialogue.writeChanges(true);
  if (dialogue.over) return;
  dialogue.wire.wakeAfter(null);
  dialogue.send("command.completed");
  dialogue.complete(dialogue.tag, line.toUpperCase() === "DONE" ? ok("Idle ended") : bad("DONE was expected"));
}
