/** How many have ended, or were refused, for one reason. */

export type EndKind = "ended" | "refused";

/** One listener, one cause or rule. */
export interface EndSeries {
  readonly kind: EndKind;
  readonly listener: string;
  readonly reason: string;
  /** Of a cause, in words; null for a rule. */
  readonly meaning: string | null;
  /** Whether somebody should look into it. */
  readonly isFailure: boolean;
  readonly count: number;
  /** By the beginning of the minute, in milliseconds since the epoch. */
  readonly perMinute: ReadonlyMap<number, number>;
}
