import { Observable, type Subscriber } from "rxjs";
import type { ReadLimits } from "../../files/index.ts";
import { type SourceClock, systemClock } from "./clock.ts";
import { contentOf, type FileContent } from "./file-content.ts";
import { FolderWatch } from "./folder-watch.ts";

/** How changes of files are detected. */
export interface WatchOptions {
  /** How long files must be unchanged before they are read, in milliseconds. Default: 200. */
  readonly settle?: number;
  /**
   * How often the files are read anyway, in milliseconds: for file systems and containers where fs.watch reports
   * nothing, and for folders that are swapped by renaming one further up. Default: 10,000.
   */
  readonly poll?: number;
  readonly clock?: SourceClock;
}

/** By file, the digest of what was last loaded from it. The loader may change it while the files are watched. */
export type LoadedDigests = ReadonlyMap<string, string>;

export interface SettledFilesOptions extends WatchOptions {
  readonly loaded: LoadedDigests;
  readonly limits: ReadLimits;
}

/**
 * The contents of files as soon as they differ from what was loaded or emitted last: on subscribing at once, where
 * nothing was loaded; and all together as soon as none of them changes any more. Being missing or unreadable counts as
 * a content. A file that never settles is never read.
 */
export function settledFiles(
  files: readonly string[],
  options: SettledFilesOptions,
): Observable<readonly FileContent[]> {
  return new Observable((subscriber) => {
    const settling = new Settling(files, options, subscriber);
    subscriber.add(() => settling.end());
    void settling.begin();
  });
}

class Settling {
  readonly #files: readonly string[];
  readonly #subscriber: Subscriber<readonly FileContent[]>;
  readonly #clock: SourceClock;
  readonly #limits: ReadLimits;
  readonly #pause: number;
  readonly #poll: number;
  readonly #watch: FolderWatch;
  readonly #loaded: LoadedDigests;
  /** By file, the digest that was loaded at the last check. */
  readonly #loadedThen = new Map<string, string>();
  /** By file, the digest of what was loaded or emitted, whichever was last. */
  readonly #known = new Map<string, string>();
  /** What the last check since the latest event found. */
  #lastLook: string | null = null;
  /** Counts events, so that a check knows whether its result is still current. */
  #events = 0;
  #pauseTimer: unknown = null;
  #pollTimer: unknown = null;

  constructor(
    files: readonly string[],
    { settle = 200, poll = 10_000, clock = systemClock, loaded, limits }: SettledFilesOptions,
    subscriber: Subscriber<readonly FileContent[]>,
  ) {
    this.#files = [...new Set(files)];
    this.#subscriber = subscriber;
    this.#clock = clock;
    this.#limits = limits;
    this.#pause = settle / 2;
    this.#poll = poll;
    this.#loaded = loaded;
    this.#watch = new FolderWatch(this.#files, () => this.#disturbed());
  }

  async begin(): Promise<void> {
    const contents = await this.#look();
    if (this.#subscriber.closed) return;
    this.#schedulePoll();
    const unknown = this.#changedOf(contents).filter(({ file }) => !this.#known.has(file));
    if (unknown.length > 0 || this.#files.length === 0) this.#emit(unknown);
    if (this.#pauseTimer === null && this.#changedOf(contents).length > 0) this.#disturbed();
  }

  end(): void {
    this.#watch.close();
    this.#clock.clearTimeout(this.#pauseTimer);
    this.#clock.clearTimeout(this.#pollTimer);
  }

  /** Restarts the wait. */
  #disturbed(): void {
    this.#lastLook = null;
    this.#events += 1;
    this.#schedulePause();
  }

  /** Two checks with the same result and no event in between: the files have settled, even where no events come. */
  async #paused(): Promise<void> {
    const events = this.#events;
    const contents = await this.#look();
    if (this.#subscriber.closed || events !== this.#events) return;
    this.#pauseTimer = null;
    const look = JSON.stringify(contents.map(({ digest }) => digest));
    if (look !== this.#lastLook) {
      this.#lastLook = look;
      this.#schedulePause();
      return;
    }
    this.#lastLook = null;
    const changed = this.#changedOf(contents);
    if (changed.length > 0) this.#emit(changed);
  }

  async #polled(): Promise<void> {
    if (this.#pauseTimer === null) {
      const contents = await this.#look();
      if (this.#subscriber.closed) return;
      if (this.#pauseTimer === null && this.#changedOf(contents).length > 0) this.#disturbed();
    }
    this.#schedulePoll();
  }

  /** Watches before it reads, so that anything it misses will be an event. */
  async #look(): Promise<FileContent[]> {
    await this.#watch.follow();
    return Promise.all(this.#files.map((file) => contentOf(file, this.#limits)));
  }

  #changedOf(contents: readonly FileContent[]): FileContent[] {
    for (const [file, digest] of this.#loaded) {
      if (this.#loadedThen.get(file) === digest) continue;
      this.#loadedThen.set(file, digest);
      this.#known.set(file, digest);
    }
    return contents.filter(({ file, digest }) => this.#known.get(file) !== digest);
  }

  #emit(contents: readonly FileContent[]): void {
    for (const { file, digest } of contents) this.#known.set(file, digest);
    this.#subscriber.next(contents);
  }

  #schedulePause(): void {
    this.#clock.clearTimeout(this.#pauseTimer);
    this.#pauseTimer = this.#clock.setTimeout(() => void this.#paused(), this.#pause);
  }

  #schedulePoll(): void {
    this.#pollTimer = this.#clock.setTimeout(() => void this.#polled(), this.#poll);
  }
}
