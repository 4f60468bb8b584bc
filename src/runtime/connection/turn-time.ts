/**
 * Limits how long woken sessions run in one iteration of the event loop. One commit of the mail store may wake them
 * all: a thousand turns of a millisecond each would block all other connections for a second.
 */

/** Milliseconds for each iteration; the turn that exceeds them is completed. */
const SHARE = 10;

/** When the first turn of this iteration began; null when there was none. */
let began: number | null = null;

function iterationEnded(): void {
  began = null;
}

/** Whether a woken session may run now; otherwise it waits for the next iteration, in the order of the calls. */
export function isTimeForTurn(): boolean {
  const now = performance.now();
  if (began !== null) return now - began < SHARE;
  began = now;
  setImmediate(iterationEnded);
  return true;
}
