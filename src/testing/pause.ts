import { setTimeout as delay, setImmediate as immediate } from "node:timers/promises";

/** Most of what is awaited happens within a few turns of the event loop. */
const turnsAtOnce = 8;

/** Between two looks at what is not yet so: the next turn of the event loop, and later a millisecond of rest. */
export function pause(look: number): Promise<unknown> {
  return look < turnsAtOnce ? immediate() : delay(1);
}
