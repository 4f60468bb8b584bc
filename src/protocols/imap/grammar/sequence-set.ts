/** `*`: the largest number in use (RFC 3501 section 9, seq-number). Larger than every number. */
export const LARGEST: number = Number.POSITIVE_INFINITY;

/** Message numbers from `first` to `last`, both included, in the order in which the client wrote them: either may be the larger. */
export interface SequenceRange {
  readonly first: number;
  readonly last: number;
}

/** Message sequence numbers or UIDs, as the client wrote them. Not empty. */
export type SequenceSet = readonly SequenceRange[];

/** Positions in a sorted list, from `start` up to but without `end`. */
export interface IndexRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The set in ascending order, without overlap and without `*`. Costs as much as the set has ranges, not as they have numbers.
 * @param largest what `*` stands for; 0 where there are no messages, and then `*` alone is dropped.
 */
export function resolve(set: SequenceSet, largest: number): SequenceRange[] {
  const ascending: SequenceRange[] = [];
  for (const { first, last } of set) {
    const from = first === LARGEST ? largest : first;
    const to = last === LARGEST ? largest : last;
    const range = from <= to ? { first: from, last: to } : { first: to, last: from };
    if (range.last > 0) ascending.push(range.first > 0 ? range : { first: 1, last: range.last });
  }
  ascending.sort((a, b) => a.first - b.first);
  const merged: SequenceRange[] = [];
  for (const range of ascending) {
    const previous = merged.at(-1);
    if (!previous || range.first > previous.last + 1) merged.push(range);
    else if (range.last > previous.last) merged[merged.length - 1] = { first: previous.first, last: range.last };
  }
  return merged;
}

/**
 * Whether a message sequence number is larger than there are messages, which deserves a BAD. Ranges with `*` never are:
 * clients ask for `1:*` of an empty mailbox, and for what came after the messages they know.
 */
export function exceeds(set: SequenceSet, messages: number): boolean {
  return set.some(({ first, last }) => first !== LARGEST && last !== LARGEST && Math.max(first, last) > messages);
}

/** Where the messages with these sequence numbers are in the list of messages. Numbers that are too large are left out. */
export function indexesOfSequenceNumbers(set: SequenceSet, messages: number): IndexRange[] {
  const found: IndexRange[] = [];
  for (const { first, last } of resolve(set, messages)) {
    const end = Math.min(last, messages);
    if (first <= end) found.push({ start: first - 1, end });
  }
  return found;
}

/**
 * Where the messages with these UIDs are in an ascending list of all UIDs, found by binary search. `*` is the last one, so
 * `1000:*` finds it even where its UID is smaller (RFC 3501 section 6.4.8).
 */
export function indexesOfUids(set: SequenceSet, uids: ArrayLike<number>): IndexRange[] {
  const found: IndexRange[] = [];
  if (uids.length === 0) return found;
  for (const { first, last } of resolve(set, uids[uids.length - 1] ?? 0)) {
    const start = lowerBound(uids, first);
    const end = lowerBound(uids, last + 1);
    if (start < end) found.push({ start, end });
  }
  return found;
}

/** Whether the number is in a set that went through `resolve`. */
export function includes(resolved: readonly SequenceRange[], number: number): boolean {
  let low = 0;
  let high = resolved.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const range = resolved[middle];
    if (!range) return false;
    if (number < range.first) high = middle - 1;
    else if (number > range.last) low = middle + 1;
    else return true;
  }
  return false;
}

/** Writes a set: `1:3,5,7:*`. */
export function formatSequenceSet(set: SequenceSet): string {
  return set.map(({ first, last }) => (first === last ? spell(first) : `${spell(first)}:${spell(last)}`)).join(",");
}

/** The shortest way to write these numbers in this order, for COPYUID and APPENDUID: runs that ascend by one become ranges. */
export function formatNumbers(numbers: Iterable<number>): string {
  const ranges: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const run = ranges.at(-1);
    if (run && number === run.last + 1) run.last = number;
    else ranges.push({ first: number, last: number });
  }
  return formatSequenceSet(ranges);
}

function spell(number: number): string {
  return number === LARGEST ? "*" : String(number);
}

/** Index of the first entry that is not smaller than `number`. */
function lowerBound(numbers: ArrayLike<number>, number: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}
