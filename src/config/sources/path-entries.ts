import { lstatSync, readlinkSync } from "node:fs";
import { dirname, join, parse, resolve } from "node:path";

/** A name in a folder, by its real path. */
export interface PathEntry {
  readonly folder: string;
  readonly name: string;
}

/** As many symbolic links as Linux follows in one path (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * The entries of folders that decide which file a path leads to: the file's own, and that of each symbolic link on the
 * way. Where the path leads nowhere, the last is that of the missing file or folder.
 */
export function entriesOf(path: string): PathEntry[] {
  const entries: PathEntry[] = [];
  let links = 0;
  let { folder, names } = start(resolve(path));
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === "..") {
      folder = dirname(folder);
      continue;
    }
    const entry = join(folder, name);
    const found = examine(entry);
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

/** The root of an absolute path, nothing for that of a relative one, and the names that follow. */
function start(path: string): { folder: string; names: string[] } {
  const { root } = parse(path);
  const names = path.slice(root.length).split(/[/\\]/);
  return { folder: root, names: names.filter((name) => name !== "" && name !== ".") };
}

/** What does not lead on is taken for a folder as well: it ends the path. */
function examine(entry: string): "folder" | "missing" | { readonly target: string } {
  try {
    return lstatSync(entry).isSymbolicLink() ? { target: readlinkSync(entry) } : "folder";
  } catch {
    return "missing";
  }
}
