import { NEVER, of, throwError } from "rxjs";
import { expect, test } from "vitest";
import { parseDocument } from "../../../src/config/document/document.ts";
import { mergeSources } from "../../../src/config/sources/merge-sources.ts";
import { valueSource } from "../../../src/config/sources/value-source.ts";
import { capOf } from "./conformance.ts";
import { Emissions } from "./emissions.ts";

test("a value is read as the embedder says", () => {
  const known = parseDocument({ SystemSettings: { maxConnections: 5 } });
  const read = (value: unknown) => (value === "known" ? known : parseDocument(value));
  const emissions = new Emissions(valueSource(of("known", { SystemSettings: { maxConnections: 6 } }, 7), read));
  expect(emissions.all.map(capOf)).toEqual([5, 6, "invalid-configuration"]);
});

test("an embedder's Observable that fails is a rejection with its reason", () => {
  const reason = new Error("the database is gone");
  const emissions = new Emissions(valueSource(throwError(() => reason)));
  expect(emissions.end).toBe("completed");
  expect(emissions.all).toMatchObject([
    { kind: "rejected", error: { cause: reason, issues: [{ message: "could not be had: the database is gone" }] } },
  ]);
});

test("one source that fails does not end the others", () => {
  const emissions = new Emissions(
    mergeSources(
      throwError(() => "broken"),
      NEVER,
      valueSource(of({})),
    ),
  );
  expect(emissions.all.map(capOf)).toEqual(["invalid-configuration", 8192]);
  expect(emissions.end).toBeUndefined();
  emissions.subscription.unsubscribe();
});
