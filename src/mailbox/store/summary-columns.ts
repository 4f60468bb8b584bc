import type { SQLOutputValue } from "node:sqlite";

/**
 * Summaries on their way between threads: columns pass without being copied one by one. All are `Float64Array`: flags
 * are bits that may go beyond 32.
 */
export interface SummaryColumns {
  readonly uid: Float64Array<ArrayBuffer>;
  readonly flags: Float64Array<ArrayBuffer>;
  readonly size: Float64Array<ArrayBuffer>;
  readonly internalDate: Float64Array<ArrayBuffer>;
  readonly modseq: Float64Array<ArrayBuffer>;
}

/** @param rows With the columns uid, flags, size, internal_date and modseq. */
export function toColumns(rows: readonly Record<string, SQLOutputValue>[]): SummaryColumns {
  const column = (name: string) => Float64Array.from(rows, (row) => Number(row[name]));
  return {
    uid: column("uid"),
    flags: column("flags"),
    size: column("size"),
    internalDate: column("internal_date"),
    modseq: column("modseq"),
  };
}

/** The columns that {@link toColumns} needs. */
export const SUMMARY_COLUMNS = "uid, flags, size, internal_date, modseq";
