/** Whether this process can still open files and sockets (RLIMIT_NOFILE of getrlimit(2)); asked by opening some. */
import { closeSync, openSync, readFileSync } from "node:fs";
import { devNull } from "node:os";

/** The descriptors that are kept free for files, names and answers of the connections inside. */
const reserve = 16;

export interface DescriptorReserveOptions {
  /** The soft limit; by default that of this process, as far as it can be known. */
  readonly limit?: number;
}

/**
 * Looking costs some 40 microseconds, so it is done only while connections take more than half of the limit, and then
 * as often as an unlucky accept could use the reserve up. What else exhausts descriptors shows when accept(2) fails.
 */
export class DescriptorReserve {
  readonly #limit: number;
  #unchecked = 0;
  #wasThere = true;

  constructor({ limit = softLimit() }: DescriptorReserveOptions = {}) {
    this.#limit = limit;
  }

  /** Call at each accept. @param inside how many connections there are. */
  runsOut(inside: number): boolean {
    if (inside * 2 < this.#limit) return false;
    this.#unchecked += 1;
    if (this.#wasThere && this.#unchecked < reserve / 2) return false;
    return !this.isThere();
  }

  /** Whether as many descriptors as the reserve can be opened. */
  isThere(): boolean {
    const opened: number[] = [];
    try {
      while (opened.length < reserve) opened.push(openSync(devNull, "r"));
    } catch (error) {
      // Anything else than a shortage of descriptors says nothing about them.
      this.#wasThere = !lacksDescriptors(error);
      return this.#wasThere;
    } finally {
      for (const descriptor of opened) closeSync(descriptor);
      this.#unchecked = 0;
    }
    this.#wasThere = true;
    return true;
  }
}

/** EMFILE: this process has too many files open; ENFILE: the host has. True of an aggregate when it is of one of its errors. */
export function lacksDescriptors(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(lacksDescriptors);
  if (typeof error !== "object" || error === null) return false;
  const names: unknown[] = [Reflect.get(error, "code"), Reflect.get(error, "errno")];
  return names.includes("EMFILE") || names.includes("ENFILE");
}

/** proc_pid_limits(5); nowhere else than on Linux. Node has raised the soft limit to the hard one at its start. */
function softLimit(): number {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1")) ?? [];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
