/** `*`: the largest number in use (RFC 3501 section 9, seq-number). Larger than every number. */
export const LARGEST: number = Number.POSITIVE_INFINITY;

/** Message numbers from `first` to `last`, both included, in the order in which the client wrote them: either may be the larger. */
export interface SequenceRange {
  readonly first: number;
  readonly last: number;
}

/** Message sequence numbers or UIDs, as the client wrote them. Not empty. */
export type SequenceSet = readonly SequenceRange[];
