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

/** Ranges that are kept as they were written. */
const WRITTEN = 256;

/**
 * A set as it is read. From so many ranges on they are sorted and put together now and then, so that it is as large as the
 * numbers in it ask for, not the line: `1,3,1,3,…`.
 */
export class SequenceSetBuilder {
  #ranges: SequenceRange[] = [];
  #most = WRITTEN;

  add(range: SequenceRange): void {
    this.#ranges.push(range);
    if (this.#ranges.length < this.#most) return;
    this.#ranges = compact(this.#ranges);
    this.#most = Math.max(WRITTEN, this.#ranges.length * 2);
  }

  /** Not empty. */
  get set(): SequenceSet {
    return this.#ranges;
  }
}

/**
 * The same set in as few ranges as it can have. Of those with `*` two are left at most: whatever `*` is, it and the smallest
 * and largest number beside it span the others.
 */
function compact(ranges: readonly SequenceRange[]): SequenceRange[] {
  const numbers: SequenceRange[] = [];
  let smallest = LARGEST;
  let largest = 0;
  let stars = false;
  for (const range of ranges) {
    const first = Math.min(range.first, range.last);
    if (Math.max(range.first, range.last) !== LARGEST) numbers.push(range);
    else {
      stars = true;
      if (first < smallest) smallest = first;
      if (first !== LARGEST && first > largest) largest = first;
    }
  }
  const compacted = resolve(numbers, 0);
  if (stars) compacted.push({ first: smallest, last: LARGEST });
  if (largest > smallest) compacted.push({ first: largest, last: LARGEST });
  return compacted;
}

/**
 * The set in ascending order, without overlap and without `*`. Costs as much as the set has ranges, not as they have numbers.
 * @param largest what `*` stands for; 0 where there are no messages, and then `*` alone is dropped.
 */
export function resolve(set: SequenceSet, largest: number): SequenceRange[] {
  const ranges = set.flatMap((range) => ascending(range, largest) ?? []);
  if (!ranges.every(({ first }, index) => index === 0 || first >= (ranges[index - 1]?.first ?? 0))) {
    ranges.sort((a, b) => a.first - b.first);
  }
  return merge(ranges);
}

/** Without `*`, the smaller number first; null where nothing is left. The same object where that is so already. */
function ascending(range: SequenceRange, largest: number): SequenceRange | null {
  const { first, last } = range;
  if (first <= last && last !== LARGEST) return range;
  const from = first === LARGEST ? largest : first;
  const to = last === LARGEST ? largest : last;
  const most = Math.max(from, to);
  return most > 0 ? { first: Math.max(1, Math.min(from, to)), last: most } : null;
}

/** Puts together, in place, ranges that overlap or touch. */
function merge(ranges: SequenceRange[]): SequenceRange[] {
  let count = 0;
  for (const range of ranges) {
    const previous = ranges[count - 1];
    if (!previous || range.first > previous.last + 1) ranges[count++] = range;
    else if (range.last > previous.last) ranges[count - 1] = { first: previous.first, last: range.last };
  }
  ranges.length = count;
  return ranges;
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
