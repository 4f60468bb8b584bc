import { expect, test } from "vitest";
import { loadOptional, MissingPackageError } from "../../src/runtime/optional-package.ts";

const wanted = { name: "gatehouse-no-such-package", purpose: "A test" };

test("a package that is not installed is named, with what needs it and how to get it", async () => {
  const name = wanted.name;
  const loading = loadOptional(wanted, () => import(/* @vite-ignore */ name));
  await expect(loading).rejects.toBeInstanceOf(MissingPackageError);
  await expect(loading).rejects.toMatchObject({ code: "package-missing", package: name });
  await expect(loading).rejects.toThrow(
    `A test needs the package ${name}, which is not installed. Install it: npm install ${name} (with --global if Gatehouse is installed so)`,
  );
});

test("a fault within a package that is there stays what it is", async () => {
  const fault = new Error("its own");
  await expect(loadOptional(wanted, () => Promise.reject(fault))).rejects.toBe(fault);
});

test("a package that is there is given", async () => {
  expect((await loadOptional(wanted, () => import("node:path"))).sep).toBe("/");
});
