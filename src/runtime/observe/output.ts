/**
 * An output of the process that may fail or stall without blocking anything: the log and the messages to
 * people go through it. It holds a bounded amount; anything beyond that is dropped and counted.
 */
import { write, writeSync } from "node:fs";
import { type OutputFile, openOutput } from "./output-file.ts";

/** Characters that may wait for a reader or a disk. */
const mostWaiting = 8_388_608;
/** Characters that trigger a write at once, and the most that one write(2) gets. */
const batch = 32_768;
/**
 * Milliseconds between two writes: a write(2) for each turn of the event loop costs more than all else about a line when
 * a turn has few of them. Whoever writes seldom does not wait.
 */
const apart = 5;
/** Milliseconds until the next attempt on a full pipe. */
const retryWhenFull = 10;
/** Milliseconds after which a thread's write counts as stuck. */
const stuckAfter = 1_000;
/** Milliseconds until the next attempt after an error: ENOSPC, EPIPE, EIO. */
const retryAfterError = 500;

/** An output that counts the lines it has dropped. */
export interface CountedOutput {
  /** `log`, `words`: the label of the metric. */
  readonly name: string;
  /** Lines dropped since the start, because 8 MiB were waiting. */
  readonly dropped: number;
  /**
   * Calls back when an output that had dropped lines has written everything that waited.
   * @param listener gets the number of lines dropped since the last call
   */
  onFlowing(listener: (lines: number) => void): void;
}

export interface OutputOptions {
  readonly name: string;
  /** Characters that may wait; 8 MiB by default. */
  readonly most?: number;
}

export class Output implements CountedOutput {
  readonly name: string;
  dropped = 0;
  readonly #file: OutputFile;
  readonly #most: number;
  readonly #listeners: ((lines: number) => void)[] = [];
  /** What waits, in order: the rest of an incomplete write, then the text. */
  #rest: Buffer | null = null;
  #text = "";
  #reported = 0;
  #scheduled = false;
  #lastWrite = Number.NEGATIVE_INFINITY;
  /** A thread of the pool is writing. */
  #writing = false;
  #writingSince = 0;
  #retry: NodeJS.Timeout | undefined;
  #failed = false;
  #settled: (() => void)[] = [];

  /** @param file a path to append to, or a descriptor */
  constructor(file: string | number | OutputFile, { name, most = mostWaiting }: OutputOptions) {
    this.name = name;
    this.#most = most;
    this.#file = typeof file === "object" ? file : openOutput(file);
    atExit.add(this);
  }

  /**
   * Writes one line, or several that belong together: at the end of this turn of the event loop, or 5 ms after the write
   * before.
   */
  write(line: string): void {
    if (this.#text.length + (this.#rest?.length ?? 0) + line.length > this.#most) {
      this.dropped += 1;
      return;
    }
    this.#text += line;
    if (this.#isStuck) return;
    this.#gather();
  }

  onFlowing(listener: (lines: number) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Waits until everything is written.
   * @param limit milliseconds
   * @returns false when the limit passed first, or the output cannot be written to
   */
  async flush(limit: number): Promise<boolean> {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#failed = false;
    this.#pump();
    const deadline = performance.now() + limit;
    while (this.#isWaiting && !this.#failed) {
      const left = deadline - performance.now();
      if (left <= 0) break;
      this.#pump();
      await this.#progress(left);
    }
    return !this.#isWaiting;
  }

  /** Writes what can be written before the process is gone. */
  flushAtExit(): void {
    if (!this.#writing) this.#writeNow();
    else if (this.#text !== "" && performance.now() - this.#writingSince < stuckAfter) {
      // What the thread has is being written.
      this.#rest = null;
      this.#writeNow();
    }
  }

  get #isWaiting(): boolean {
    return this.#writing || this.#rest !== null || this.#text !== "";
  }

  get #isStuck(): boolean {
    return this.#writing || this.#retry !== undefined;
  }

  #gather(): void {
    if (this.#text.length >= batch) this.#pump();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      const wait = this.#lastWrite + apart - performance.now();
      // At the exit all is written: no need to keep the process alive for it.
      if (wait > 0) setTimeout(this.#writeGathered, wait).unref();
      else setImmediate(this.#writeGathered);
    }
  }

  readonly #writeGathered = (): void => {
    this.#scheduled = false;
    this.#lastWrite = performance.now();
    this.#pump();
  };

  #pump(): void {
    if (this.#isStuck) return;
    if (this.#file.mayWait) this.#writeAside();
    else this.#writeNow();
  }

  #writeNow(): void {
    try {
      while (this.#rest !== null || this.#text !== "") {
        if (this.#rest === null) this.#writeText();
        else this.#left(this.#rest.subarray(writeSync(this.#file.fd, this.#rest)));
      }
      this.#flowed();
    } catch (error) {
      this.#refused(error);
    }
  }

  /** The common case, without a buffer in between. */
  #writeText(): void {
    const text = this.#text;
    if (text.length > batch) {
      this.#rest = this.#take();
      return;
    }
    const written = writeSync(this.#file.fd, text);
    this.#text = "";
    if (written < Buffer.byteLength(text)) this.#left(Buffer.from(text).subarray(written));
  }

  #writeAside(): void {
    const chunk = this.#rest ?? this.#take();
    if (chunk === null) {
      this.#flowed();
      return;
    }
    this.#rest = chunk;
    this.#writing = true;
    this.#writingSince = performance.now();
    write(this.#file.fd, chunk, (error, written) => {
      this.#writing = false;
      if (error) this.#refused(error);
      else {
        this.#left(chunk.subarray(written));
        this.#failed = false;
        // What came meanwhile is gathered, too: else one write would follow the other, with a few lines each.
        if (this.#rest === null && this.#text !== "") this.#gather();
        else this.#pump();
      }
      this.#settle();
    });
  }

  #take(): Buffer | null {
    if (this.#text === "") return null;
    const text = this.#text;
    this.#text = "";
    return Buffer.from(text);
  }

  #left(rest: Buffer): void {
    this.#rest = rest.length > 0 ? rest : null;
  }

  #refused(error: unknown): void {
    const full = error instanceof Error && "code" in error && error.code === "EAGAIN";
    this.#failed = !full;
    this.#retry = setTimeout(this.#again, full ? retryWhenFull : retryAfterError);
    this.#retry.unref();
  }

  readonly #again = (): void => {
    this.#retry = undefined;
    this.#pump();
    this.#settle();
  };

  /** Nothing is waiting any more. */
  #flowed(): void {
    this.#failed = false;
    const lines = this.dropped - this.#reported;
    if (lines === 0) return;
    this.#reported = this.dropped;
    for (const listener of this.#listeners) listener(lines);
  }

  #settle(): void {
    const settled = this.#settled;
    this.#settled = [];
    for (const resolve of settled) resolve();
  }

  /** Resolves on progress, or when the time is over. */
  #progress(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#settled.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** Outputs live as long as the process. */
const atExit = new Set<Output>();
process.on("exit", () => {
  for (const output of atExit) output.flushAtExit();
});
