import ts from "typescript";
import { expect, test } from "vitest";
import { planIn } from "../../src/command/objects/plan-file.ts";
import { parseDocument } from "../../src/index.ts";
import { codeBlocks, pages } from "./pages.ts";
import { typeProgram } from "./type-program.ts";

const documentPages = new Set(["README.md", "docs/listeners.md"]);
const blocks = (language: string) =>
  pages.flatMap((page) => codeBlocks(page, language).map((code, index) => ({ path: page.path, index, code })));

test.each(blocks("json").filter(({ path }) => documentPages.has(path)))(
  "document $index of $path is valid",
  ({ code }) => {
    expect(() => parseDocument(code)).not.toThrow();
  },
);

test("every plan is one that apply reads", () => {
  const plans = blocks("ndjson");
  expect(plans).not.toEqual([]);
  for (const { code } of plans) expect(planIn(code).problems).toEqual([]);
});

test("every other JSON example is JSON", () => {
  const others = blocks("json").filter(({ path }) => !documentPages.has(path));
  for (const { code } of others) expect(() => JSON.parse(code)).not.toThrow();
});

test("every TypeScript example passes the project's own type check", () => {
  const examples = blocks("ts").map(({ path, index, code }): [string, string] => {
    return [`${path.replaceAll("/", "-")}-${index}.ts`, `${code}\nexport {};\n`];
  });
  expect(examples.length).toBeGreaterThan(5);
  const program = typeProgram([], new Map(examples));
  const diagnostics = examples.flatMap(([name]) => {
    const source = program.getSourceFiles().find(({ fileName }) => fileName.endsWith(`/${name}`));
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
      .filter(({ code }) => !unused.has(code))
      .map(({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
  });
  expect(diagnostics).toEqual([]);
});

/** An example may declare what only its reader uses. */
const unused = new Set([6133, 6196]);
