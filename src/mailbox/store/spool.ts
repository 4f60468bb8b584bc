/** Takes in a body: small ones into memory, larger ones into a file, with no more than 64 KiB of memory for each. */
import { type FileHandle, open, rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { giveBack } from "../../protocols/give-back.ts";
import { IncomingBody } from "../../protocols/incoming-body.ts";
import { StoreError, toStoreError } from "./store-error.ts";

/** Octets up to which content is kept inside the database, and of the buffer before the file. */
export const INLINE_LIMIT = 64 * 1024;

/** A complete body: `bytes` when it is small, else all of it is in the spool file, and durable there. */
export interface Received {
  readonly size: number;
  readonly bytes: Uint8Array | null;
}

/**
 * Reads a body to its end; back-pressure is the stream's own. When it rejects, no file is left, and what the sender
 * still has to say is read and dropped: whoever feeds the body must not be stalled by a failing disk.
 * @param file The spool file, made only when the body is large.
 * @param first What goes before the body.
 * @throws StoreError `body-incomplete` when the body broke off, else what the file system said.
 */
export async function receive(body: Readable, file: string, first?: Uint8Array): Promise<Received> {
  const spool = new Spool(file);
  // An error after the reading has stopped is nobody's; without a listener it would end the process.
  const ignore = () => {};
  body.on("error", ignore);
  try {
    if (first && !spool.keep(first)) await spool.write(first);
    await readAll(body, spool);
    const received = await spool.finish();
    body.off("error", ignore);
    return received;
  } catch (error) {
    body.resume();
    await spool.discard();
    throw toStoreError(error);
  }
}

/** Takes what is there without a promise for each chunk; an iterator of the stream's would make several. */
async function readAll(body: Readable, spool: Spool): Promise<void> {
  const changes = new Changes(body);
  // Nobody has read of it, nor put back what he has read: all that is read from here on, unless others listen, is ours.
  const ours = body instanceof IncomingBody && !body.readableDidRead ? body : null;
  try {
    while (!body.readableEnded) {
      if (body.errored || body.destroyed) throw incomplete(body.errored);
      const unshared = ours?.isUnshared === true;
      const chunk: unknown = body.read();
      if (chunk === null) {
        await changes.next();
        continue;
      }
      const bytes = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
      if (!spool.keep(bytes)) await spool.write(bytes);
      if (unshared) giveBack(bytes);
    }
  } finally {
    changes.end();
  }
}

/** Whatever lets a reader of the stream go on. */
class Changes {
  readonly #body: Readable;
  #resolve: (() => void) | null = null;
  #changed = false;

  constructor(body: Readable) {
    this.#body = body;
    for (const event of EVENTS) body.on(event, this.#change);
  }

  /** Resolves at once when there was one since the last call. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      if (this.#changed) this.#change();
    });
  }

  end(): void {
    for (const event of EVENTS) this.#body.off(event, this.#change);
  }

  readonly #change = (): void => {
    this.#changed = this.#resolve === null;
    this.#resolve?.();
    this.#resolve = null;
  };
}

const EVENTS = ["readable", "end", "error", "close"] as const;

function incomplete(cause: unknown): StoreError {
  return new StoreError("body-incomplete", "The message broke off before its end; nothing of it is kept.", { cause });
}

class Spool {
  readonly #file: string;
  #handle: FileHandle | null = null;
  // Chunks are copied: a small one may be a part of a large buffer, which it would keep from being freed.
  #buffer = Buffer.allocUnsafeSlow(4096);
  #filled = 0;
  #size = 0;
  #made = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** @returns false when there is no room in memory for it: it is to be written. */
  keep(chunk: Uint8Array): boolean {
    const filled = this.#filled + chunk.length;
    if (filled > INLINE_LIMIT) return false;
    this.#grow(filled);
    this.#buffer.set(chunk, this.#filled);
    this.#filled = filled;
    this.#size += chunk.length;
    return true;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#size += chunk.length;
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#filled === INLINE_LIMIT) await this.#flush();
      this.#grow(this.#filled + rest.length);
      const part = rest.subarray(0, this.#buffer.length - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
    }
  }

  async finish(): Promise<Received> {
    if (!this.#handle) return { size: this.#size, bytes: this.#buffer.subarray(0, this.#filled) };
    await this.#flush();
    await this.#handle.sync();
    await this.#close();
    return { size: this.#size, bytes: null };
  }

  async discard(): Promise<void> {
    if (!this.#made) return;
    // What made the caller give up says more than a failing close.
    await this.#close().catch(() => {});
    await rm(this.#file, { force: true }).catch(() => {});
  }

  #grow(needed: number): void {
    if (needed <= this.#buffer.length || this.#buffer.length === INLINE_LIMIT) return;
    const larger = Buffer.allocUnsafeSlow(Math.min(INLINE_LIMIT, Math.max(needed, this.#buffer.length * 2)));
    larger.set(this.#buffer.subarray(0, this.#filled));
    this.#buffer = larger;
  }

  async #flush(): Promise<void> {
    this.#handle ??= await open(this.#file, "wx", 0o600);
    this.#made = true;
    let written = 0;
    while (written < this.#filled) {
      const { bytesWritten } = await this.#handle.write(this.#buffer, written, this.#filled - written);
      written += bytesWritten;
    }
    this.#filled = 0;
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }
}
