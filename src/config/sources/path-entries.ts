import { lstat, readlink } from "node:fs/promises";
import { dirname, join, parse, resolve } from "node:path";
import { boundedCall } from "../../files/index.ts";

/** A name in a folder, by its real path. */
export interface PathEntry {
  readonly folder: string;
  readonly name: string;
}

/** Anything that does not lead on counts as a folder too: it ends the path. */
type Found = "folder" | "missing" | { readonly target: string };

/** What was found at each entry; shared by paths that are followed together. */
export type FoundEntries = Map<string, Promise<Found>>;

/** As many symbolic links as Linux follows in one path (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * The entries of folders that decide which file a path leads to: the file's own, and that of each symbolic link on the
 * way. When the path leads nowhere, the last is that of the missing file or folder.
 */
export async function entriesOf(path: string, foundEntries: FoundEntries = new Map()): Promise<PathEntry[]> {
  const entries: PathEntry[] = [];
  let links = 0;
  let { folder, names } = start(resolve(path));
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === "..") {
      folder = dirname(folder);
      continue;
    }
    const entry = join(folder, name);
    const found = await examined(entry, foundEntries);
    if (found !== "folder" || names.length === 0) entries.push({ folder, name });
    if (found === "missing") break;
    if (found === "folder") {
      folder = entry;
      continue;
    }
    links += 1;
    if (links > MOST_LINKS) break;
    const target = start(found.target);
    if (target.folder !== "") folder = target.folder;
    names = [...target.names, ...names];
  }
  return entries;
}

/** The root of an absolute path or nothing for a relative one, and the names that follow. */
function start(path: string): { folder: string; names: string[] } {
  const { root } = parse(path);
  const names = path.slice(root.length).split(/[/\\]/);
  return { folder: root, names: names.filter((name) => name !== "" && name !== ".") };
}

function examined(entry: string, foundEntries: FoundEntries): Promise<Found> {
  const present = foundEntries.get(entry);
  if (present) return present;
  const found = examine(entry);
  foundEntries.set(entry, found);
  return found;
}

/** An entry of a hung mount counts as missing: there is nothing to watch. */
async function examine(entry: string): Promise<Found> {
  try {
    return await boundedCall(entry, async () =>
      (await lstat(entry)).isSymbolicLink() ? { target: await readlink(entry) } : "folder",
    );
  } catch {
    return "missing";
  }
}
