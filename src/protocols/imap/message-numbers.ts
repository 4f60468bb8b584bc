/** The messages that a command means. */

import type { ClientView } from "./client-view.ts";
import { bad } from "./completion.ts";
import { exceeds, type IndexRange, LARGEST, type SequenceSet } from "./grammar/sequence-set.ts";

export const noSuchMessage = bad("There is no message with this number");

/**
 * Places of the messages in the view. Numbers beyond the last message are left out, as clients that have not been notified yet
 * send them; so is `*` in an empty mailbox.
 * @returns null when sequence numbers name no message at all, which is an error (RFC 3501 section 9, seq-number).
 */
export function findMessages(
  view: ClientView,
  { set, uid }: { readonly set: SequenceSet; readonly uid: boolean },
): IndexRange[] | null {
  const ranges = view.find(set, uid);
  if (uid || ranges.length > 0 || !exceeds(set, view.count)) return ranges;
  return view.count === 0 && set.some(({ first, last }) => first === LARGEST || last === LARGEST) ? ranges : null;
}

/** The places in order, a given number at a time. */
export function* inBatches(ranges: readonly IndexRange[], size: number): Generator<number[]> {
  let batch: number[] = [];
  for (const { start, end } of ranges) {
    for (let index = start; index < end; index++) {
      batch.push(index);
      if (batch.length < size) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** A list, a given number of entries at a time. */
export function* chunksOf<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += size) yield list.slice(start, start + size);
}
