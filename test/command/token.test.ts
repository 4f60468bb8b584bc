/** `gatehouse token`: what is printed where, and what a running server makes of it. */
import { chown, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { managed } from "../management/managed.ts";
import { command } from "./command.ts";

test("a token is printed once, works at once, is listed without being shown, and ends at once", async () => {
  const house = await managed();
  const data = ["--data", house.data];
  const create = ["token", "create", "--name", "ci", "--permissions"];
  const made = await command(
    ...create,
    "sysNetworkListenerGet, sysMetricsGet",
    "--expires-at",
    "2099-01-31T13:00:00+01:00",
    ...data,
  );
  expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^gatehouse_ci_[0-9a-f]{64}\n$/) });
  expect(made.errors).toBe("The token ci, shown this once, may do: sysNetworkListenerGet, sysMetricsGet.\n");
  const ask = () => house.fetch("/jmap/session", { headers: { Authorization: `Bearer ${made.out.trim()}` } });
  expect((await ask()).status).toBe(200);

  const [again, list, json, unknown, named, past] = await Promise.all([
    command(...create, "observer", ...data),
    command("token", "list", ...data),
    command("token", "list", "--json", ...data),
    command("token", "create", "--name", "b", "--permissions", "sysNetworkListener", ...data),
    command("token", "create", "--name", "../b", "--permissions", "admin", ...data),
    command(
      "token",
      "create",
      "--name",
      "b",
      "--permissions",
      "admin",
      "--expires-at",
      "2001-01-01T00:00:00Z",
      ...data,
    ),
  ]);
  expect([again.code, again.errors]).toEqual([
    1,
    "There is a token ci already; choose another name, or revoke that one first.\n",
  ]);
  expect(list.out).toMatch(
    /^NAME +CREATED +EXPIRES +PERMISSIONS\nci +\S+Z +2099-01-31T12:00:00\.000Z +sysNetworkListenerGet,sysMetricsGet\n$/,
  );
  expect(JSON.parse(json.out)).toMatchObject([{ name: "ci", permissions: ["sysNetworkListenerGet", "sysMetricsGet"] }]);
  expect(list.out + json.out).not.toContain(made.out.trim().slice(-64));
  expect([unknown.code, unknown.errors]).toEqual([2, expect.stringContaining("did you mean ")]);
  expect([named.code, past.code]).toEqual([2, 2]);
  expect(past.errors).toContain("has passed");

  expect(await command("token", "delete", "ci", ...data)).toMatchObject({ code: 0, errors: "" });
  const refused = ask();
  expect(await house.event("session.authenticationFailed")).toMatchObject({ username: "ci" });
  expect((await refused).status).toBe(401);
  expect((await command("token", "revoke", "ci", ...data)).code).toBe(1);
});

test.skipIf(process.getuid?.() !== 0)("what root makes in the folder of another user is that user's", async () => {
  const data = join(temporaryDirectory(), "data");
  await mkdir(data, { mode: 0o700 });
  await chown(join(data, ".."), 65_534, 65_534);
  await chown(data, 65_534, 65_534);
  expect((await command("token", "create", "--name", "ci", "--permissions", "admin", "--data", data)).code).toBe(0);
  expect(await stat(join(data, "tokens", "ci.json"))).toMatchObject({ uid: 65_534, gid: 65_534 });
});
