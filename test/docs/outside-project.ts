/**
 * A project that is not ours: a folder that has the package as `npm pack` makes it, and what it depends on. It takes a
 * build of today (`npm run build`).
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { root } from "./pages.ts";

/** Whether `dist` is that of the source. On a CI machine it has to be. */
export function isBuilt(): boolean {
  if (process.env["CI"]) return true;
  if (!existsSync(`${root}dist/index.d.ts`)) return false;
  const built = statSync(`${root}dist/index.d.ts`).mtimeMs;
  const sources = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" });
  return sources.every((file) => statSync(`${root}src/${file}`).mtimeMs < built);
}

/**
 * @param folder an empty one.
 * @param also packages that the project has for itself.
 */
export function makeOutsideProject(folder: string, also: readonly string[]): void {
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  const npm = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
  const tarball = execFileSync("npm", npm, { cwd: root, encoding: "utf8" }).trim();
  execFileSync("tar", ["-xzf", join(folder, tarball), "-C", modules]);
  execFileSync("mv", [join(modules, "package"), join(modules, "gatehouse")]);
  const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  for (const name of [...Object.keys(dependencies), ...also]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(`${root}node_modules/${name}`, join(modules, name));
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
}

/** What a careful project asks of its compiler. */
const strict: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  verbatimModuleSyntax: true,
  skipLibCheck: true,
  noEmit: true,
  types: ["node"],
};

export const kinds: Readonly<Record<string, ts.CompilerOptions>> = {
  nodenext: { ...strict, module: ts.ModuleKind.NodeNext },
  bundler: { ...strict, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
};

/** What the compiler says of these files of a folder. */
export function mistakesIn(folder: string, files: readonly string[], options: ts.CompilerOptions): string[] {
  const settings = { ...options, typeRoots: [`${root}node_modules/@types`] };
  const program = ts.createProgram(
    files.map((file) => join(folder, file)),
    settings,
  );
  return files.flatMap((file) => {
    const source = program.getSourceFile(join(folder, file));
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${file}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
  });
}
