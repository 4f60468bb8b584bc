import { fstatSync } from "node:fs";
import type { Libc } from "./libc.ts";

/**
 * The descriptor was used after it had been closed or given away: a bug in the caller, caught before any system call.
 */
export class DescriptorClosedError extends Error {
  readonly code = "descriptor-closed";
  constructor() {
    super("This socket is closed. Bind the address again to listen on it.");
    this.name = "DescriptorClosedError";
  }
}

/**
 * The sole owner of a file descriptor. Its number is lent for the length of a call and forgotten at the end, because
 * the kernel reuses a closed number: to touch it then would be to touch another socket.
 */
export class Descriptor {
  readonly #libc: Libc;
  #fd: number | null;

  constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
  }

  /**
   * Lends several numbers at once, in order.
   * @throws DescriptorClosedError
   */
  static useAll<T>(descriptors: readonly Descriptor[], call: (fds: readonly number[]) => T): T {
    return call(descriptors.map((descriptor) => descriptor.use((fd) => fd)));
  }

  get isOpen(): boolean {
    return this.#fd !== null;
  }

  /** @throws DescriptorClosedError */
  use<T>(call: (fd: number) => T): T {
    if (this.#fd === null) throw new DescriptorClosedError();
    return call(this.#fd);
  }

  /**
   * Whether both refer to one socket, as after dup(2). Shows, when something else may have closed this number already,
   * whether it is still the same.
   */
  sharesSocketWith(other: Descriptor): boolean {
    const inode = this.#inode();
    return inode !== null && inode === other.#inode();
  }

  /** From here on something else closes the descriptor. */
  release(): void {
    this.#fd = null;
  }

  /** Safe to call again. */
  close(): void {
    const fd = this.#fd;
    this.#fd = null;
    if (fd !== null) this.#libc.close(fd);
  }

  #inode(): number | null {
    if (this.#fd === null) return null;
    try {
      return fstatSync(this.#fd).ino;
    } catch {
      return null;
    }
  }
}
