/**
 * An output of the process that may fail or stand still without anybody waiting for it: what the log and the words to
 * people go through. It holds a bounded amount; what comes beyond that is dropped and counted.
 */
import { write, writeSync } from "node:fs";
import { type OutputFile, openOutput } from "./output-file.ts";

/** Characters that may wait for a reader or a disk. */
const mostWaiting = 8_388_608;
/** Characters that are written before the turn of the event loop has ended, and as many as one write(2) is given. */
const batch = 16_384;
/** Milliseconds until a full pipe is tried again. */
const untilDrained = 10;
/** Milliseconds after which a write of a thread counts as stuck. */
const stuckAfter = 1_000;
/** Milliseconds until one is tried again that cannot be written to: ENOSPC, EPIPE, EIO. */
const untilMended = 500;

/** An output that counts what it has dropped. */
export interface CountedOutput {
  /** `log`, `words`: the label of the metric. */
  readonly name: string;
  /** Lines that were dropped since the start: those that came while 8 MiB waited. */
  readonly dropped: number;
  /**
   * Calls back when an output that had dropped something has written all that waited.
   * @param listener gets the number of lines that were dropped since the last call
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
  /** What waits, in its order: what a write has left over, then the text. */
  #rest: Buffer | null = null;
  #text = "";
  #reported = 0;
  #scheduled = false;
  /** A thread of the pool is writing. */
  #writing = false;
  #writingSince = 0;
  #retry: NodeJS.Timeout | undefined;
  #failed = false;
  #settled: (() => void)[] = [];

  /** @param file a path, which is appended to, or a descriptor */
  constructor(file: string | number | OutputFile, { name, most = mostWaiting }: OutputOptions) {
    this.name = name;
    this.#most = most;
    this.#file = typeof file === "object" ? file : openOutput(file);
    atExit.add(this);
  }

  /** One line, or several that belong together. Written when this turn of the event loop ends, at the latest then. */
  write(line: string): void {
    if (this.#text.length + (this.#rest?.length ?? 0) + line.length > this.#most) {
      this.dropped += 1;
      return;
    }
    this.#text += line;
    if (this.#isStuck) return;
    if (this.#text.length >= batch) this.#pump();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#endTurn);
    }
  }

  onFlowing(listener: (lines: number) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Waits until all is written.
   * @param limit milliseconds
   * @returns false where it is not: the limit was over before, or the output cannot be written to
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
      await this.#progress(left);
    }
    return !this.#isWaiting;
  }

  /** What can be written before the process is gone. */
  flushAtExit(): void {
    if (!this.#writing) this.#writeNow();
    else if (this.#text !== "" && performance.now() - this.#writingSince < stuckAfter) {
      // What the thread has is on its way.
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

  readonly #endTurn = (): void => {
    this.#scheduled = false;
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
        this.#pump();
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
    this.#retry = setTimeout(this.#again, full ? untilDrained : untilMended);
    this.#retry.unref();
  }

  readonly #again = (): void => {
    this.#retry = undefined;
    this.#pump();
    this.#settle();
  };

  /** Nothing waits any more. */
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

  /** The next try, or the end of the time. */
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
