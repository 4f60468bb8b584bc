import { type FSWatcher, statSync, watch } from "node:fs";
import { basename } from "node:path";
import { entriesOf } from "./path-entries.ts";

interface WatchedFolder {
  readonly folder: string;
  /** What happens to other entries of the folder is nobody's concern. */
  readonly names: Set<string>;
}

/**
 * Watches the folders on which some files depend. Not the files: an editor that replaces one leaves its watcher with
 * the old. What cannot be watched is left out; fs.watch is missing or silent on some file systems anyway.
 */
export class FolderWatch {
  readonly #files: readonly string[];
  readonly #onEvent: () => void;
  readonly #watched = new Map<string, { readonly watcher: FSWatcher; readonly names: Set<string> }>();

  /** @param onEvent something happened to an entry that one of the files depends on. */
  constructor(files: readonly string[], onEvent: () => void) {
    this.#files = files;
    this.#onEvent = onEvent;
  }

  /** Watches where the files are now. What happens from here on is an event. */
  follow(): void {
    const wanted = this.#wanted();
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
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  #wanted(): ReadonlyMap<string, WatchedFolder> {
    const wanted = new Map<string, WatchedFolder>();
    for (const { folder, name } of this.#files.flatMap(entriesOf)) {
      const identity = identityOf(folder);
      if (identity === null) continue;
      const present = wanted.get(identity);
      if (present) present.names.add(name);
      else wanted.set(identity, { folder, names: new Set([name]) });
    }
    return wanted;
  }

  #open(identity: string, { folder, names }: WatchedFolder): void {
    try {
      const watcher = watch(folder, (_kind, name) => {
        // The folder's own name: it was removed or renamed. No name: the platform does not tell.
        if (name === null || names.has(name) || name === basename(folder)) this.#onEvent();
      });
      watcher.on("error", () => {
        watcher.close();
        if (this.#watched.get(identity)?.watcher === watcher) this.#watched.delete(identity);
      });
      this.#watched.set(identity, { watcher, names });
    } catch {
      // Not there, not allowed, or no watchers left.
    }
  }
}

/** A folder that was removed and made again is another one, with the same path and perhaps the same inode. */
function identityOf(folder: string): string | null {
  try {
    const { dev, ino, birthtimeNs } = statSync(folder, { bigint: true });
    return [dev, ino, birthtimeNs, folder].join(" ");
  } catch {
    return null;
  }
}
