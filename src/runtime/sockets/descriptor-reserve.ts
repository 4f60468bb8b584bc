/** Whether this process can still open files and sockets (RLIMIT_NOFILE of getrlimit(2)); tested by opening some. */
import { closeSync, openSync, readFileSync } from "node:fs";
import { devNull } from "node:os";
import type { Clock } from "../time/clock.ts";

/** The descriptors kept free for files, name lookups and the answers to existing connections. */
export const descriptorReserve = 16;

/** How many are tested for: listeners that resume take some themselves, and would have to pause again at once. */
export const descriptorPlenty = 24;

/** How often they are tested, in milliseconds. */
const interval = 500;

export interface DescriptorReserveOptions {
  /** The soft limit; by default this process's, as far as it is known. */
  readonly limit?: number;
}

/**
 * When accept(2) fails with EMFILE, libuv drops every waiting client without an error. So descriptors are tested
 * in advance: twice a second; and while connections take more than half of the limit, as often as accepts could use the
 * reserve up. A test costs some 60 microseconds.
 */
export class DescriptorReserve {
  readonly #limit: number;
  #unchecked = 0;
  #spare = descriptorPlenty;

  constructor({ limit = descriptorLimit() }: DescriptorReserveOptions = {}) {
    this.#limit = limit;
  }

  /** How many descriptors could be opened now, counted up to `descriptorPlenty`. */
  spare(): number {
    const opened: number[] = [];
    try {
      while (opened.length < descriptorPlenty) opened.push(openSync(devNull, "r"));
      this.#spare = descriptorPlenty;
    } catch (error) {
      // Any error but a shortage of descriptors says nothing about them.
      this.#spare = lacksDescriptors(error) ? opened.length : descriptorPlenty;
    } finally {
      for (const descriptor of opened) closeSync(descriptor);
    }
    this.#unchecked = 0;
    return this.#spare;
  }

  /** Call at each accept. @param inside the number of connections. */
  runsOut(inside: number): boolean {
    if (inside * 2 < this.#limit) return false;
    this.#unchecked += 1;
    if (this.#spare === descriptorPlenty && this.#unchecked < descriptorReserve / 2) return false;
    return this.spare() < descriptorReserve;
  }

  /** Reports twice a second how many are spare. @returns a function that ends it. */
  watch(clock: Clock, report: (spare: number) => void): () => void {
    const look = (): void => {
      timer = clock.setTimeout(look, interval);
      report(this.spare());
    };
    let timer = clock.setTimeout(look, interval);
    return () => clock.clearTimeout(timer);
  }
}

/**
 * EMFILE: this process has too many files open; ENFILE: the host has. For an aggregate, whether any of its errors is
 * one.
 */
export function lacksDescriptors(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(lacksDescriptors);
  if (typeof error !== "object" || error === null) return false;
  const names: unknown[] = [Reflect.get(error, "code"), Reflect.get(error, "errno")];
  return names.includes("EMFILE") || names.includes("ENFILE");
}

/**
 * RLIMIT_NOFILE, the soft limit, from proc_pid_limits(5) on Linux only. Node raises it to the hard limit at
 * its start. Infinite when unknown.
 */
export function descriptorLimit(): number {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1")) ?? [];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
