import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AccountDirectory } from "../../../src/mailbox/accounts/accounts.ts";
import { AdministratorError, administrator } from "../../../src/mailbox/accounts/administrator.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

test("The first start makes an administrator whose password works; the second knows him without the password.", async () => {
  const directory = join(temporaryDirectory(), "data");
  const first = await administrator(directory, "Mail.Example.com");
  if (!first.created) throw new Error("not created");
  expect(first.address).toBe("admin@mail.example.com");
  expect(first.password).toMatch(/^[a-hjkmnp-zA-HJ-NP-Z2-9]{24}$/);

  const second = await administrator(directory, "other.example");
  expect(second).toEqual({ created: false, address: "admin@mail.example.com", account: first.account });
  const accounts = new AccountDirectory([second.account]);
  expect(await accounts.authenticate(first.address, first.password)).toEqual({
    address: first.address,
    roles: ["admin"],
  });
});

test("Only the hash is kept, readable by the owner alone, with no draft beside it.", async () => {
  const directory = temporaryDirectory();
  const made = await administrator(directory, "localhost");
  const file = join(directory, "administrator.json");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, "utf8")).not.toContain(made.created && made.password);
  expect(readFileSync(file, "utf8")).toContain("$scrypt$ln=15,r=8,p=1$");
  expect(readdirSync(directory)).toEqual(["administrator.json"]);
});

test("Of two starts at once on one folder, one makes the administrator and both have the same.", async () => {
  const directory = temporaryDirectory();
  const both = await Promise.all([administrator(directory, "localhost"), administrator(directory, "localhost")]);
  expect(both.map(({ created }) => created).sort()).toEqual([false, true]);
  expect(both[0].account).toEqual(both[1].account);
});

test.each(["", "{", "null", '{"address":"admin@x"}', '{"address":"admin@x","secret":"clear"}'])(
  "A damaged file, %j, is an error that says what to do; it is not replaced.",
  async (text) => {
    const directory = temporaryDirectory();
    const file = join(directory, "administrator.json");
    writeFileSync(file, text);
    await expect(administrator(directory, "localhost")).rejects.toThrow(AdministratorError);
    await expect(administrator(directory, "localhost")).rejects.toThrow("delete it");
    expect(readFileSync(file, "utf8")).toBe(text);
  },
);
