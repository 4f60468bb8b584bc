import type { FailureMemory, Failures } from "../../protocols/login-failures.ts";
import { SharedTable, type TableMemory, tableMemory } from "../shared/shared-table.ts";

/** Addresses remembered at once, over all threads. */
const mostAddresses = 65_536;

export function failuresMemory(): TableMemory {
  return tableMemory({ rows: mostAddresses, width: 3 });
}

/** The failed log-ins of each address over all threads. Beyond the rows that there are, one that is long past is forgotten. */
export class SharedFailures implements FailureMemory {
  readonly #table: SharedTable;

  constructor(memory: TableMemory, thread: number) {
    this.#table = new SharedTable(memory, thread);
  }

  get size(): number {
    return this.#table.size;
  }

  find(key: string): Readonly<Failures> | null {
    return this.#table.alone(() => failuresIn(this.#table.find(key)));
  }

  entries(): Iterable<readonly [string, Readonly<Failures>]> {
    const entries: [string, Failures][] = [];
    this.#table.alone(() =>
      this.#table.forEach((row, key) => {
        const failures = failuresIn(row);
        if (failures) entries.push([key, failures]);
      }),
    );
    return entries;
  }

  change(key: string, now: number, change: (failures: Readonly<Failures> | null) => Failures): void {
    this.#table.alone(() => {
      const { count, last, until } = change(failuresIn(this.#table.find(key)));
      this.#table.make(key, now).set([count, last, until]);
    });
  }

  releaseOf(thread: number): void {
    this.#table.releaseOf(thread);
  }
}

function failuresIn(row: Float64Array | null): Failures | null {
  const [count = 0, last = 0, until = 0] = row ?? [];
  return row && { count, last, until };
}
