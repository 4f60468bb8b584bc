import { Observable, type Subscriber } from "rxjs";
import { type SourceClock, systemClock } from "./clock.ts";
import { contentOf, type FileContent } from "./file-content.ts";
import { FolderWatch } from "./folder-watch.ts";

/** How changes of files are noticed. */
export interface WatchOptions {
  /** How long nothing must have changed before files are read, in milliseconds. Default: 200. */
  readonly settle?: number;
  /**
   * How often the files are read anyway, in milliseconds: for file systems and containers where fs.watch tells nothing,
   * and for folders that are swapped by renaming one further up. Default: 10,000.
   */
  readonly poll?: number;
  readonly clock?: SourceClock;
}

/**
 * What files hold: all of them at once on subscribing, and from then on those whose content is no longer what was last
 * emitted, all together as soon as none of them changes any more. Being missing or unreadable is a content like any other.
 * A file that never rests is never read.
 */
export function settledFiles(files: readonly string[], options: WatchOptions = {}): Observable<readonly FileContent[]> {
  return new Observable((subscriber) => {
    const settling = new Settling(files, options, subscriber);
    subscriber.add(() => settling.end());
    settling.begin();
  });
}

class Settling {
  readonly #files: readonly string[];
  readonly #subscriber: Subscriber<readonly FileContent[]>;
  readonly #clock: SourceClock;
  readonly #pause: number;
  readonly #poll: number;
  readonly #watch: FolderWatch;
  /** Digests by file, as last emitted. */
  readonly #emitted = new Map<string, string>();
  /** What was there at the last look since something happened. */
  #lastLook: string | null = null;
  #pauseTimer: unknown = null;
  #pollTimer: unknown = null;

  constructor(files: readonly string[], options: WatchOptions, subscriber: Subscriber<readonly FileContent[]>) {
    const { settle = 200, poll = 10_000, clock = systemClock } = options;
    this.#files = [...new Set(files)];
    this.#subscriber = subscriber;
    this.#clock = clock;
    this.#pause = settle / 2;
    this.#poll = poll;
    this.#watch = new FolderWatch(this.#files, () => this.#disturbed());
  }

  begin(): void {
    const contents = this.#look();
    this.#schedulePoll();
    this.#emit(contents);
  }

  end(): void {
    this.#watch.close();
    this.#clock.clearTimeout(this.#pauseTimer);
    this.#clock.clearTimeout(this.#pollTimer);
  }

  /** Starts the wait anew. */
  #disturbed(): void {
    this.#lastLook = null;
    this.#schedulePause();
  }

  /** Two looks with the same outcome and no event between them: the files have settled, even where no events come. */
  #paused(): void {
    this.#pauseTimer = null;
    const contents = this.#look();
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

  #polled(): void {
    this.#schedulePoll();
    if (this.#pauseTimer === null && this.#changedOf(this.#look()).length > 0) this.#disturbed();
  }

  /** Watches first and reads then, so that what is not read is an event to come. */
  #look(): FileContent[] {
    this.#watch.follow();
    return this.#files.map(contentOf);
  }

  #changedOf(contents: readonly FileContent[]): FileContent[] {
    return contents.filter(({ file, digest }) => this.#emitted.get(file) !== digest);
  }

  #emit(contents: readonly FileContent[]): void {
    for (const { file, digest } of contents) this.#emitted.set(file, digest);
    this.#subscriber.next(contents);
  }

  #schedulePause(): void {
    this.#clock.clearTimeout(this.#pauseTimer);
    this.#pauseTimer = this.#clock.setTimeout(() => this.#paused(), this.#pause);
  }

  #schedulePoll(): void {
    this.#pollTimer = this.#clock.setTimeout(() => this.#polled(), this.#poll);
  }
}
