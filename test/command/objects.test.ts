/** The command reads the objects of a running server. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { command } from "./command.ts";

test("gets, queries and snapshots what a running server has, and refuses what it has not", async () => {
  const data = temporaryDirectory();
  const listener = { bind: ["127.0.0.1:0"], useTls: false };
  await runGatehouse(
    {
      Account: { "anna@example.com": { secret: { "@type": "Text", secret: "not to be told" } } },
      NetworkListener: [
        { name: "smtp", ...listener },
        { name: "imap", protocol: "imap", ...listener },
      ],
    },
    { control: join(data, "control.sock") },
  );
  const [got, missing, found, refused, wrong, snapshot] = await Promise.all([
    command("get", "NetworkListener", "imap", "--json", "--data", data),
    command("get", "NetworkListener", "pop3", "--data", data),
    command("query", "x:NetworkListener", "protocol=smtp", "--data", data),
    command("query", "NetworkListener", "color=red", "--data", data),
    command("get", "Listener", "--data", data),
    command("snapshot", "--data", data),
  ]);

  expect(got).toMatchObject({ code: 0, errors: "" });
  expect(JSON.parse(got.out)).toEqual([
    expect.objectContaining({ id: "imap", protocol: "imap", bind: { "127.0.0.1:0": true }, tlsTimeout: 60_000 }),
  ]);
  expect(missing).toMatchObject({ code: 1, errors: 'There is no NetworkListener with the id "pop3".\n' });
  expect(found.out.split("\n").map((line) => line.split(/\s{2,}/))).toEqual([
    ["NAME", "PROTOCOL", "ADDRESSES", "IMPLICIT TLS"],
    ["smtp", "smtp", "127.0.0.1:0", "false"],
    [""],
  ]);
  expect(refused).toMatchObject({ code: 1, errors: 'x:NetworkListener cannot be asked for by "color".\n' });
  expect(wrong.code).toBe(2);
  expect(wrong.errors).toContain("known are NetworkListener, SystemSettings, Certificate");

  const plan = snapshot.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(plan.map((one) => [one["@type"], one["object"]])).toEqual([
    ["upsert", "Account"],
    ["upsert", "NetworkListener"],
    ["update", "SystemSettings"],
  ]);
  expect(plan[1]).toMatchObject({
    matchOn: ["name"],
    value: { "networklistener-smtp": { name: "smtp", protocol: "smtp" }, "networklistener-imap": { name: "imap" } },
  });
  expect(snapshot.out).not.toContain("not to be told");
});
