import { expect, test } from "vitest";
import { quotedWords, readPage, tableRows } from "./pages.ts";
import { exportedType, literalsOf, typeProgram } from "./type-program.ts";

const program = typeProgram(["src/runtime/observe/lifecycle.ts", "src/runtime/tls/handshake-failure.ts"]);
const checker = program.getTypeChecker();

test("the table of lifecycle events has every event with its fields, and no other", () => {
  const events = exportedType(program, "src/runtime/observe/lifecycle.ts", "LifecycleEvents");
  const declared = checker.getPropertiesOfType(events).map((event): [string, string[]] => {
    const fields = checker.getPropertiesOfType(checker.getTypeOfSymbol(event));
    return [event.name, fields.map(({ name }) => name).toSorted()];
  });
  const described = tableRows(readPage("docs/lifecycle.md"), "event").map(([event = "", fields = ""]) => {
    return [quotedWords(event)[0], quotedWords(fields).toSorted()];
  });
  expect(declared.length).toBeGreaterThan(20);
  expect(Object.fromEntries(described)).toEqual(Object.fromEntries(declared));
});

test("the page names every phase of `durations`", () => {
  const durations = exportedType(program, "src/runtime/observe/lifecycle.ts", "PhaseDurations");
  const words = quotedWords(readPage("docs/lifecycle.md").text);
  for (const { name } of checker.getPropertiesOfType(durations)) expect(words).toContain(name);
});

test("the table of handshake failures has every reason", () => {
  const failure = exportedType(program, "src/runtime/tls/handshake-failure.ts", "HandshakeFailure");
  const reason = checker.getPropertyOfType(failure, "reason");
  if (!reason) throw new Error("A HandshakeFailure has a reason.");
  const described = tableRows(readPage("docs/tls.md"), "reason").map(([name = ""]) => quotedWords(name)[0]);
  expect(described.toSorted()).toEqual(literalsOf(checker.getTypeOfSymbol(reason)).toSorted());
});
