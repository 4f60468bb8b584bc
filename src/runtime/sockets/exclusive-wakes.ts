import { readdirSync } from "node:fs";
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLEXCLUSIVE, EPOLLIN, type Libc } from "./libc.ts";

/** How often a socket is watched anew, in milliseconds. */
const interval = 50;
/** So often the event loop's descriptor is looked for; where it cannot be found, everybody is woken. */
const attempts = 20;

/**
 * Of several threads that wait for the clients of one socket, a client wakes one: EPOLLEXCLUSIVE of epoll_ctl(2), which
 * libuv does not set. Otherwise it wakes all that are idle, and all but one find nobody.
 *
 * The kernel wakes the thread that has waited longest for the socket, so each watches it anew again and again: the next
 * clients are another's. That also finds clients whose thread was woken, and then came to do something else first.
 */
export class ExclusiveWakes {
  readonly #libc: Pick<Libc, "epollControl">;
  readonly #listening = new Set<number>();
  /** The epoll descriptor of this thread's event loop, which Node does not tell. */
  #loop: number | null = null;
  #attempts = attempts;
  #timer: NodeJS.Timeout | null = null;

  constructor(libc: Pick<Libc, "epollControl">) {
    this.#libc = libc;
  }

  /** This thread's event loop accepts from the descriptor, or will in its next turn. */
  add(fd: number): void {
    this.#listening.add(fd);
    if (this.#attempts === 0) return;
    this.#timer ??= setInterval(() => this.#watchAnew(), interval).unref();
  }

  /** It is about to be closed: its number may be another's then. */
  remove(fd: number): void {
    this.#listening.delete(fd);
    if (this.#listening.size > 0 || !this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #watchAnew(): void {
    for (const fd of this.#listening) {
      // One that libuv does not watch yet must be left to it: it ends the process where it finds another's watch.
      if (!this.#watchedNoMore(fd)) continue;
      const loop = this.#loop ?? -1;
      if (this.#libc.epollControl(loop, EPOLL_CTL_ADD, { fd, events: EPOLLIN | EPOLLEXCLUSIVE }) >= 0) continue;
      // As libuv had it.
      this.#libc.epollControl(loop, EPOLL_CTL_ADD, { fd, events: EPOLLIN });
      this.#giveUp();
      return;
    }
    if (this.#loop !== null) return;
    this.#attempts -= 1;
    if (this.#attempts === 0) this.#giveUp();
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
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
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
