/**
 * Removes the declarations that none of the package's entries leads to: nobody can import them, and they are more than
 * half of all. `node scripts/reachable-types.ts`
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const ending = ".d.ts";
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, string | { readonly types: string }>;
};

const reachable = new Set<string>();
for (const entry of Object.values(exports)) if (typeof entry !== "string") reach(join(root, entry.types));
for (const name of readdirSync(join(root, "dist"), { recursive: true, encoding: "utf8" })) {
  const file = join(root, "dist", name);
  if (file.endsWith(ending) && !reachable.has(file)) rmSync(file);
}

/** @throws an error of the file system, for an import that leads nowhere */
function reach(file: string): void {
  if (reachable.has(file)) return;
  reachable.add(file);
  for (const [, path = ""] of readFileSync(file, "utf8").matchAll(/(?:\bfrom|\bimport\(?)\s*["'](\.[^"']+)["']/g))
    reach(join(dirname(file), path.replace(/\.[jt]s$/, ending)));
}
