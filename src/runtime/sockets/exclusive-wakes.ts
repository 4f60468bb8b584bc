import { readdirSync } from "node:fs";
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLEXCLUSIVE, EPOLLIN, type Libc } from "./libc.ts";

/** So often the event loop's descriptor is looked for; where it cannot be found, everybody is woken. */
const attempts = 20;

/** When which thread waits. */
export interface Turns {
  /** Milliseconds. */
  readonly untilNext: number;
  /** Once in each turn. @returns whether this thread waits for clients until the next */
  begin(): boolean;
  /** It accepts from nothing any more. */
  leave(): void;
}

/**
 * Of several threads that wait for the clients of one socket, a client wakes one: EPOLLEXCLUSIVE of epoll_ctl(2), which
 * libuv does not set. Otherwise it wakes all that are idle, and all but one find nobody.
 *
 * The kernel wakes the thread that has waited longest for the socket, so each watches it anew in each of its turns: the
 * next clients are another's. That also finds clients whose thread was woken, and then came to do something else first.
 */
export class ExclusiveWakes {
  readonly #libc: Pick<Libc, "epollControl">;
  readonly #turns: Turns;
  readonly #listening = new Set<number>();
  /** Those of them that libuv has watched. It ends the process where it finds a watch of somebody else's before. */
  readonly #begun = new Set<number>();
  /** The epoll descriptor of this thread's event loop, which Node does not tell. */
  #loop: number | null = null;
  #attempts = attempts;
  #timer: NodeJS.Timeout | null = null;

  constructor(libc: Pick<Libc, "epollControl">, turns: Turns) {
    this.#libc = libc;
    this.#turns = turns;
  }

  /** This thread's event loop accepts from the descriptor, or will in its next turn. */
  add(fd: number): void {
    this.#listening.add(fd);
    if (this.#attempts > 0 && !this.#timer) this.#awaitTurn();
  }

  /** It is about to be closed: its number may be another's then. */
  remove(fd: number): void {
    this.#listening.delete(fd);
    this.#begun.delete(fd);
    if (this.#listening.size === 0) this.#rest();
  }

  #awaitTurn(): void {
    this.#timer = setTimeout(() => {
      this.#awaitTurn();
      this.#beginTurn();
    }, this.#turns.untilNext).unref();
  }

  #beginTurn(): void {
    const waits = this.#turns.begin();
    for (const fd of this.#listening) {
      if (this.#watchedNoMore(fd)) this.#begun.add(fd);
      if (!waits || !this.#begun.has(fd) || this.#watch(fd, EPOLLIN | EPOLLEXCLUSIVE)) continue;
      // As libuv had them.
      for (const each of this.#begun) this.#watch(each, EPOLLIN);
      this.#giveUp();
      return;
    }
    if (this.#loop !== null) return;
    this.#attempts -= 1;
    if (this.#attempts === 0) this.#giveUp();
  }

  #watch(fd: number, events: number): boolean {
    return this.#libc.epollControl(this.#loop ?? -1, EPOLL_CTL_ADD, { fd, events }) >= 0;
  }

  /** Only the event loop that watches a descriptor can stop to. */
  #watchedNoMore(fd: number): boolean {
    const stopped = (loop: number): boolean => this.#libc.epollControl(loop, EPOLL_CTL_DEL, { fd, events: 0 }) >= 0;
    if (this.#loop !== null) return stopped(this.#loop);
    this.#loop = openDescriptors().find(stopped) ?? null;
    return this.#loop !== null;
  }

  #giveUp(): void {
    this.#attempts = 0;
    this.#rest();
  }

  #rest(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#turns.leave();
  }
}

/** None without /proc. */
function openDescriptors(): number[] {
  try {
    return readdirSync("/proc/self/fd").map(Number);
  } catch {
    return [];
  }
}
