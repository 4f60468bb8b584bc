/**
 * How long sessions that were woken run in one iteration of the event loop. One commit of the mail store may wake them all: a
 * thousand turns of a millisecond each would be a second in which nobody is heard.
 */

/** Milliseconds in one iteration, the turn that goes beyond aside. */
const SHARE = 10;

/** When the first turn of this iteration began; null in one without. */
let began: number | null = null;

function iterationEnded(): void {
  began = null;
}

/** Whether a woken session may have its turn now; else it waits for the next iteration, in the order of asking. */
export function isTimeForTurn(): boolean {
  const now = performance.now();
  if (began !== null) return now - began < SHARE;
  began = now;
  setImmediate(iterationEnded);
  return true;
}
