/** A state's value: `"on"`, `{ door: "open" }`, several regions of a parallel state. */

/** States at once that are shown. */
const mostPaths = 200;
/** Levels of nested states. */
const deepest = 20;

/** In one line: `on`, `door.open`; regions are separated by a comma. */
export function statePath(value: unknown): string {
  const paths = activePaths(value);
  return paths.filter((path) => !paths.some((other) => other.startsWith(`${path}.`))).join(", ");
}

/** The paths of all states that it is in, outer ones before those within them. */
export function activePaths(value: unknown): readonly string[] {
  const paths: string[] = [];
  collect(value, [], paths);
  return paths;
}

function collect(value: unknown, outer: readonly string[], paths: string[]): void {
  if (paths.length >= mostPaths || outer.length >= deepest) return;
  if (typeof value === "string") paths.push([...outer, value].join("."));
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    const path = [...outer, name];
    paths.push(path.join("."));
    collect(inner, path, paths);
  }
}
