/** sieve-connect, the command-line client for ManageSieve. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { ann } from "./mail-server.ts";
import { installed, type Outcome, run } from "./programs.ts";
import { type ScriptServer, startScriptServer } from "./script-server.ts";

interface Client {
  /** Runs sieve-connect with these options. */
  connect(...options: readonly string[]): Promise<Outcome>;
  /** Writes a script where `connect` finds it. @returns its path */
  script(name: string, text: string): Promise<string>;
  readonly folder: string;
}

function clientOf(server: ScriptServer, password: string = ann.password): Client {
  const folder = temporaryDirectory();
  // Without --nosrv it asks the DNS for the service first, and waits seconds where there is none.
  const account = ["--nosrv", "--server", "localhost", "--port", String(server.port("sieve")), "--user", ann.address];
  const secure = ["--authmech", "PLAIN", "--passwordfd", "0", "--tlscafile", server.certificateFile];
  return {
    folder,
    connect: (...options) =>
      run("sieve-connect", ["--4", ...account, ...secure, ...options], { input: `${password}\n`, cwd: folder }),
    script: async (name, text) => {
      const file = join(folder, name);
      await writeFile(file, text);
      return file;
    },
  };
}

const done = { code: 0, stderr: "" };

describe.skipIf(!installed("sieve-connect"))("sieve-connect", () => {
  test("uploads, lists, activates, fetches and deletes scripts, under STARTTLS with SASL PLAIN", async () => {
    const server = await startScriptServer();
    const client = clientOf(server);
    const text = 'require ["fileinto"];\n# für später\nif header :contains "subject" "[list]" { fileinto "Lists"; }\n';
    const file = await client.script("lists.sieve", text);

    expect(await client.connect("--upload", "--localsieve", file, "--remotesieve", "lists")).toMatchObject(done);
    expect(await client.connect("--activate", "--remotesieve", "lists")).toMatchObject(done);
    expect((await client.connect("--list")).stdout).toMatch(/"lists" ACTIVE/);

    const copy = join(client.folder, "copy.sieve");
    expect(await client.connect("--download", "--remotesieve", "lists", "--localsieve", copy)).toMatchObject(done);
    expect((await readFile(copy, "utf8")).trimEnd()).toBe(text.trimEnd());

    const refused = await client.connect("--delete", "--remotesieve", "lists");
    expect(refused.stdout + refused.stderr).toContain("The active script cannot be deleted");
    expect(await client.connect("--deactivate")).toMatchObject(done);
    expect(await client.connect("--delete", "--remotesieve", "lists")).toMatchObject(done);
    expect((await client.connect("--list")).stdout).not.toContain("lists");

    const logins = server.events.filter(({ type }) => type === "session.authenticated");
    expect(logins.length).toBeGreaterThan(0);
    expect(logins[0]).toMatchObject({ username: ann.address, mechanism: "PLAIN" });
    expect(server.events.find(({ type }) => type === "connection.closed")).toMatchObject({ cause: "quit" });
  });

  test("is told where a script is wrong, and nothing is stored", async () => {
    const client = clientOf(await startScriptServer());
    const file = await client.script("wrong.sieve", "keep;\nkeeep;\n");
    const checked = await client.connect("--checkscript", "--localsieve", file);
    expect(checked.stdout + checked.stderr).toContain("line 2, column 1: There is no command");
    const uploaded = await client.connect("--upload", "--localsieve", file, "--remotesieve", "wrong");
    expect(uploaded.code).not.toBe(0);
    expect(uploaded.stdout + uploaded.stderr).toContain("line 2, column 1");
    expect((await client.connect("--list")).stdout).not.toContain("wrong");
  });

  test("is refused with a wrong password", async () => {
    const server = await startScriptServer();
    const refused = await clientOf(server, "Wonderland").connect("--list");
    expect(refused.code).not.toBe(0);
    const failure = server.events.find(({ type }) => type === "session.authenticationFailed");
    expect(failure).toMatchObject({ username: ann.address });
    expect(JSON.stringify(server.events)).not.toContain("Wonderland");
  });
});
