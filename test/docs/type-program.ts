/** The source's types, for tests that hold the docs to them. */
import ts from "typescript";
import { root } from "./pages.ts";

const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);

/** Additional files by their names from the root, which need not exist. */
export function typeProgram(files: readonly string[], virtual: ReadonlyMap<string, string> = new Map()): ts.Program {
  const settings: ts.CompilerOptions = {
    ...options,
    incremental: false,
    // The docs write what a reader writes.
    paths: {
      gatehouse: ["./src/index.ts"],
      "gatehouse/machines": ["./src/machines/index.ts"],
      "gatehouse/testing": ["./src/testing/index.ts"],
      "gatehouse/inspect": ["./src/inspect/index.ts"],
    },
  };
  const host = ts.createCompilerHost(settings);
  const { readFile, fileExists } = host;
  const textOf = (file: string) => virtual.get(file.startsWith(root) ? file.slice(root.length) : file);
  host.readFile = (file) => textOf(file) ?? readFile(file);
  host.fileExists = (file) => textOf(file) !== undefined || fileExists(file);
  const names = [...files, ...virtual.keys()].map((file) => root + file);
  return ts.createProgram(names, settings, host);
}

/** An exported type of a file. */
export function exportedType(program: ts.Program, file: string, name: string): ts.Type {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(root + file);
  const module = source && checker.getSymbolAtLocation(source);
  const symbol = module && checker.getExportsOfModule(module).find((candidate) => candidate.name === name);
  if (!symbol) throw new Error(`${file} does not export ${name}.`);
  return checker.getDeclaredTypeOfSymbol(symbol);
}

/** The string literals that a type is one of. */
export function literalsOf(type: ts.Type): string[] {
  const members = type.isUnion() ? type.types : [type];
  return members.flatMap((member) => (member.isStringLiteral() ? [member.value] : []));
}
