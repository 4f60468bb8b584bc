/** `gatehouse serve` takes another document while it runs. */
import { rename, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { gatehouse, serve } from "./command.ts";

const listener = { name: "smtp", bind: ["127.0.0.1:0"] };
const document = (maxConnections: number) => JSON.stringify([{ ...listener, maxConnections }]);

test("a file that an editor replaces is put into force, and one that is not valid is told of and changes nothing", async () => {
  const server = await serve(document(10));
  const replace = async (content: string): Promise<void> => {
    await writeFile(`${server.file}.new`, content);
    await rename(`${server.file}.new`, server.file);
  };
  await replace('[{"name": "smtp", "bind": ["127.0.0.1:0"], "maxConnection": 5}]');
  expect(await server.logged({ event: "reload.rejected" })).toMatchObject({
    by: "file",
    code: "invalid-configuration",
    reasons: [expect.stringContaining(server.file), expect.stringContaining("maxConnection")],
  });
  const rejected = await gatehouse(["status", "--data", server.data]);
  expect(rejected.stdout).toMatch(
    /The newest document is not in force; it was rejected at .*Z \(by file\):\n.*\n.*maxConnection /,
  );
  await replace(document(20));
  expect(await server.logged({ event: "reload.carriedOut", generation: 2 })).toMatchObject({
    by: "file",
    plan: expect.arrayContaining(["smtp: retuned (maxConnections 10 → 20)"]),
  });
  expect((await gatehouse(["status", "--data", server.data])).stdout).not.toContain("rejected");
  server.kill("SIGTERM");
  expect(await server.end).toEqual([0, null]);
});

test("SIGHUP puts the file as it is into force, as `gatehouse reload` does, and both are named", async () => {
  const server = await serve(document(10));
  server.kill("SIGHUP");
  expect(await server.logged({ event: "reload.carriedOut" })).toMatchObject({
    by: "SIGHUP",
    plan: ["smtp: unchanged", "Nothing changes."],
  });
  expect((await gatehouse(["reload", "--data", server.data])).code).toBe(0);
  expect(await server.logged({ event: "reload.carriedOut", generation: 3 })).toMatchObject({ by: "control socket" });
  server.kill("SIGTERM");
  expect(await server.end).toEqual([0, null]);
});
