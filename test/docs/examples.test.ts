import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planIn } from "../../src/command/objects/plan-file.ts";
import { parseDocument } from "../../src/index.ts";
import { isBuilt, kinds, makeOutsideProject, mistakesIn } from "./outside-project.ts";
import { codeBlocks, pages, root } from "./pages.ts";
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

const examples = blocks("ts").map(({ path, index, code }): [string, string] => {
  return [`${path.replaceAll("/", "-")}-${index}.ts`, `${code}\nexport {};\n`];
});

/** Ours, to be read as a project of its own would read them. */
const programs = readdirSync(`${root}examples`).map((name): [string, string] => [
  `example-${name}`,
  readFileSync(`${root}examples/${name}`, "utf8").replaceAll(/"\.\.\/src\/(?:(\w+)\/)?index\.ts"/g, (_, entry) =>
    entry ? `"gatehouse/${entry}"` : '"gatehouse"',
  ),
]);

describe.skipIf(!isBuilt())("in a strict project that has the package, which `npm run build` makes", () => {
  const typo = `import { createGatehouse } from "gatehouse";
createGatehouse({ config: { NetworkListener: [{ name: "a", bind: ["127.0.0.1:0"], maxConnection: 1 }] } });`;
  const files = [...examples, ...programs, ["typo.ts", typo] as const];
  const project = mkdtempSync(join(tmpdir(), "gatehouse-"));
  beforeAll(() => {
    makeOutsideProject(project, ["@types", "fast-check", "nodemailer"]);
    for (const [name, code] of files) writeFileSync(join(project, name), code);
  });
  afterAll(() => rmSync(project, { recursive: true }));

  test.each(Object.entries(kinds))(
    "every TypeScript example compiles with %s, and a typo in the document does not",
    (_kind, options) => {
      expect(examples.length).toBeGreaterThan(5);
      expect(
        mistakesIn(
          project,
          files.map(([name]) => name),
          options,
        ),
      ).toEqual([
        expect.stringMatching(/^typo\.ts: [\s\S]*'maxConnection'[\s\S]*Did you mean to write 'maxConnections'/),
      ]);
    },
  );

  test("a program in CommonJS requires it, and serves", () => {
    const code = `
const { createGatehouse } = require("gatehouse");
const gatehouse = createGatehouse({ config: { NetworkListener: [{ name: "a", bind: ["unix:@required-" + process.pid] }] } });
gatehouse.start().then(async () => {
  console.log(gatehouse.listeners()[0].state);
  await gatehouse.stop();
});`;
    const said = execFileSync(process.execPath, ["--input-type=commonjs", "-e", code], {
      cwd: project,
      encoding: "utf8",
    });
    expect(said).toBe("listening\n");
  });
});

test.skipIf(isBuilt())("every TypeScript example passes the project's own type check", () => {
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
