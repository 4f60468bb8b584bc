import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { boundedCall } from "../../files/index.ts";
import { entriesOf, type FoundEntries } from "./path-entries.ts";

interface WatchedFolder {
  readonly folder: string;
  /** Other entries of the folder are ignored. */
  readonly names: Set<string>;
}

/**
 * Watches the folders that some files depend on. Not the files: an editor that replaces one leaves its watcher with
 * the old one. What cannot be watched is left out; fs.watch is missing or silent on some file systems anyway.
 */
export class FolderWatch {
  readonly #files: readonly string[];
  readonly #onEvent: () => void;
  readonly #watched = new Map<string, { readonly watcher: FSWatcher; readonly names: Set<string> }>();
  #closed = false;

  /** @param onEvent something happened to an entry that one of the files depends on. */
  constructor(files: readonly string[], onEvent: () => void) {
    this.#files = files;
    this.#onEvent = onEvent;
  }

  /** Watches where the files are now. Anything that happens after it has resolved is an event. */
  async follow(): Promise<void> {
    const wanted = await this.#wanted();
    if (this.#closed) return;
    for (const [identity, { watcher }] of this.#watched) {
      if (wanted.has(identity)) continue;
      watcher.close();
      this.#watched.delete(identity);
    }
    for (const [identity, { folder, names }] of wanted) {
      const present = this.#watched.get(identity);
      if (present) for (const name of names) present.names.add(name);
      else this.#open(identity, { folder, names });
    }
  }

  close(): void {
    this.#closed = true;
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  async #wanted(): Promise<ReadonlyMap<string, WatchedFolder>> {
    const found: FoundEntries = new Map();
    const folders = new Map<string, Set<string>>();
    for (const entries of await Promise.all(this.#files.map((file) => entriesOf(file, found)))) {
      for (const { folder, name } of entries) {
        const names = folders.get(folder);
        if (names) names.add(name);
        else folders.set(folder, new Set([name]));
      }
    }
    const wanted = new Map<string, WatchedFolder>();
    await Promise.all(
      [...folders].map(async ([folder, names]) => {
        const identity = await identityOf(folder);
        if (identity !== null) wanted.set(identity, { folder, names });
      }),
    );
    return wanted;
  }

  /** fs.watch blocks while it looks up the folder; since the folder has just been found, a hang is unlikely. */
  #open(identity: string, { folder, names }: WatchedFolder): void {
    try {
      const watcher = watch(folder, (_kind, name) => {
        // The folder's own name: it was removed or renamed. No name: the platform does not report one.
        if (name === null || names.has(name) || name === basename(folder)) this.#onEvent();
      });
      watcher.on("error", () => {
        watcher.close();
        if (this.#watched.get(identity)?.watcher === watcher) this.#watched.delete(identity);
      });
      this.#watched.set(identity, { watcher, names });
    } catch {
      // Missing, forbidden, or no watchers left.
    }
  }
}

/** A folder that was removed and created again is another one, with the same path and perhaps the same inode. */
async function identityOf(folder: string): Promise<string | null> {
  try {
    const { dev, ino, birthtimeNs } = await boundedCall(folder, () => stat(folder, { bigint: true }));
    return [dev, ino, birthtimeNs, folder].join(" ");
  } catch {
    return null;
  }
}
