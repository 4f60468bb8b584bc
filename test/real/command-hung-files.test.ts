/** `gatehouse serve` where a file hangs, or is none that could be read: it goes on serving, and stops when it is told to. */
import { spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exitCodes } from "../../src/command/exit-codes.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { hungMount } from "../mounts.ts";
import { documentFile, gatehouse, launch, type ServingCommand, serve } from "./command.ts";
import { openDialogue } from "./smtp-dialogue.ts";

const account = { "ann@example.com": { secret: { "@type": "Text", secret: "wonderland" } } };

function documentWith(keyFile: string | null, system: object = {}): object {
  const file = (filePath: string) => ({ "@type": "File", filePath });
  return {
    SystemSettings: { defaultHostname: "localhost", ...system },
    Account: account,
    ...(keyFile === null ? {} : { Certificate: { main: { certificate: file(keyFile), privateKey: file(keyFile) } } }),
    NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"] }],
  };
}

/** A named pipe that nobody writes to: a program that opens it waits for ever. */
function pipe(): string {
  const path = join(temporaryDirectory(), "pipe");
  spawnSync("mkfifo", [path]);
  return path;
}

async function replaceDocument(server: ServingCommand, document: object): Promise<void> {
  await writeFile(`${server.file}.new`, JSON.stringify(document));
  await rename(`${server.file}.new`, server.file);
}

test("SIGTERM in mid-reload, with a key that hangs, drains as before", async ({ skip }) => {
  const mount = hungMount();
  if (mount === null) return skip("needs to mount a file system");
  const server = await serve(documentWith(null, { drainTimeout: "2s" }), temporaryDirectory(), {
    args: ["--log-level", "debug"],
  });

  const idle = await openDialogue(server.port("smtp"));
  const busy = await openDialogue(server.port("smtp"));
  for (const command of ["EHLO client.example.org", "MAIL FROM:<>", "RCPT TO:<ann@example.com>", "DATA"])
    await busy.ask(command);
  await replaceDocument(server, documentWith(join(mount, "tls.key"), { drainTimeout: "2s" }));
  await server.logged({ event: "reload.staging" });

  server.kill("SIGTERM");
  expect(await idle.reply()).toMatch(/^421 /);
  expect(await server.logged({ event: "reload.rejected" })).toMatchObject({ code: "reload-stopped" });
  const late = await openDialogue(server.port("smtp")).catch((error: NodeJS.ErrnoException) => error);

  expect(late instanceof Error ? late.code : late.greeting).toMatch(/^421 |^ECONNREFUSED$/);
  server.kill("SIGTERM");
  expect(await server.logged({ event: "connection.closed", cause: "stopped" })).toBeDefined();
  expect(await server.end).toEqual([0, null]);
});

test("SIGTERM in mid-start, with a key that hangs, is a stop that was asked for", async ({ skip }) => {
  const mount = hungMount();
  if (mount === null) return skip("needs to mount a file system");
  const server = await launch(documentWith(join(mount, "tls.key")));
  await server.logged({ event: "server.starting" });
  server.kill("SIGTERM");
  expect(await server.end).toEqual([0, null]);
  expect(server.log.map(({ event }) => event)).toContain("server.stopped");
  expect(await server.words).not.toContain("stopped before it had started");
});

test.each([
  ["document", (mount: string) => ({ document: join(mount, "gatehouse.json") })],
  ["data folder", (mount: string) => ({ data: join(mount, "data") })],
])("a %s that hangs keeps neither SIGTERM nor SIGINT from ending the start", async (_what, where) => {
  const mount = hungMount();
  if (mount === null) return;
  const server = await launch(documentWith(null), where(mount));
  // Caught last.
  await server.catches("SIGHUP");
  server.kill("SIGINT");
  expect(await server.end).toEqual([0, null]);
});

test("SIGTERM in mid-start, with a database that hangs, ends the process in spite of its threads", async ({ skip }) => {
  const mount = hungMount();
  if (mount === null) return skip("needs to mount a file system");
  const data = temporaryDirectory();
  symlinkSync(join(mount, "mail.sqlite"), join(data, "mail.sqlite"));
  const server = await launch(documentWith(null), { data });
  await server.logged({ event: "server.starting" });
  server.kill("SIGTERM");
  expect(await server.end).toEqual([0, null]);
  expect(server.log.map(({ event }) => event)).toContain("server.stopped");
});

test("a pipe in place of the document, of a key or of a password is refused by name, and nothing waits for it", async () => {
  const server = await serve(documentWith(null));
  const [key, replaced] = [pipe(), pipe()];
  await replaceDocument(server, documentWith(key));
  expect(await server.logged({ event: "reload.rejected" })).toMatchObject({
    code: "reload-failed",
    reasons: expect.arrayContaining([expect.stringContaining(`file ${key} cannot be read: it is a pipe`)]),
  });
  await rename(replaced, server.file);
  server.kill("SIGHUP");
  await expect
    .poll(() =>
      server.log.filter(({ event }) => event === "reload.rejected").map(({ reasons }) => JSON.stringify(reasons)),
    )
    .toContainEqual(expect.stringContaining("cannot be read: it is a pipe; name a regular file"));
  expect((await openDialogue(server.port("smtp"))).greeting).toMatch(/^220 /);
  server.kill("SIGTERM");
  expect(await server.end).toEqual([0, null]);
});

test("a start, and a check, with a pipe for a key end with its name", async () => {
  const key = pipe();
  const file = await documentFile(documentWith(key));
  for (const args of [
    ["serve", "--config", file, "--data", temporaryDirectory()],
    ["check", "--config", file],
  ]) {
    const { code, stderr } = await gatehouse(args);
    expect(code).toBe(args[0] === "serve" ? exitCodes.start : exitCodes.configuration);
    expect(stderr).toContain(`Certificate "main": its certificate: file ${key} cannot be read: it is a pipe`);
  }
});
