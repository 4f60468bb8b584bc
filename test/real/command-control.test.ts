/** `gatehouse reload`, `status`, `suspend` and the others: one process of the command talks to another. */
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exitCodes } from "../../src/command/exit-codes.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { gatehouse, type ServingCommand, serve } from "./command.ts";
import { installed, type Outcome, run } from "./programs.ts";
import { openDialogue } from "./smtp-dialogue.ts";

const listener = { name: "smtp", bind: ["127.0.0.1:0"] };
const document = (maxConnections: number) => [{ ...listener, maxConnections }];

function tell({ data }: ServingCommand, ...args: string[]): Promise<Outcome> {
  return gatehouse([...args, "--data", data]);
}

async function write({ file }: ServingCommand, content: unknown): Promise<void> {
  await writeFile(`${file}.new`, typeof content === "string" ? content : JSON.stringify(content));
  await rename(`${file}.new`, file);
}

describe("gatehouse reload", () => {
  test("puts the document as it is into force, and prints what that changed", async () => {
    const server = await serve(document(10));
    await write(server, document(20));
    const { code, stdout, stderr } = await tell(server, "reload");
    expect({ code, stderr }).toEqual({ code: exitCodes.ok, stderr: "" });
    // The file is watched too, and whoever of the two comes first carries it out.
    expect(stdout).toMatch(/^Document [23] is in force:\n\nsmtp: (retuned \(maxConnections 10 → 20\)|unchanged)\n/);
    expect((await tell(server, "status")).stdout).toContain("0 of 20");
    server.kill("SIGTERM");
    expect(await server.end).toEqual([0, null]);
  });

  test("prints every mistake and fails when the document is refused, which changes nothing", async () => {
    const server = await serve(document(10));
    await write(server, [{ ...listener, maxConnection: 20, protocol: 3 }]);
    const { code, stdout, stderr } = await tell(server, "reload");
    expect({ code, stdout }).toEqual({ code: exitCodes.configuration, stdout: "" });
    expect(stderr).toContain("maxConnection");
    expect(stderr).toContain("protocol");
    expect((await tell(server, "status", "--json")).stdout).toContain('"generation": 1');
  });

  test("is answered each time when many are asked at once", async () => {
    const server = await serve(document(10));
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => tell(server, "reload", "--json")));
    for (const { code, stdout } of outcomes) {
      expect(code).toBe(exitCodes.ok);
      expect(JSON.parse(stdout)).toMatchObject({ plan: { isEmpty: true } });
    }
  });

  test("says so, with an exit status of its own, when no server runs there", async () => {
    const nowhere = join(temporaryDirectory(), "data");
    const missing = await gatehouse(["reload", "--data", nowhere]);
    expect(missing.code).toBe(exitCodes.unreachable);
    expect(missing.stderr).toContain(`No server runs with the data folder ${nowhere}`);

    const server = await serve(document(10));
    server.kill("SIGKILL");
    await server.end;
    expect((await tell(server, "status")).code).toBe(exitCodes.unreachable);
    const again = await serve(document(10), server.data);
    expect((await tell(again, "status")).code).toBe(exitCodes.ok);
  });
});

test("suspend, resume, connections and the block list act on the server that runs", async () => {
  const server = await serve(document(10));
  const session = await openDialogue(server.port("smtp"));
  expect((await tell(server, "connections", "--listener", "smtp")).stdout).toMatch(
    /^CONNECTION .*\n\S+ +smtp +1 +127\./,
  );

  expect((await tell(server, "suspend", "smtp")).stdout).toMatch(/^smtp +paused \(suspended\)/);
  const waiting = openDialogue(server.port("smtp"));
  expect((await tell(server, "resume")).stdout).toMatch(/^smtp +listening/);
  expect((await waiting).greeting).toMatch(/^220 /);
  expect(await tell(server, "suspend", "none")).toMatchObject({
    code: exitCodes.configuration,
    stderr: expect.stringContaining('There is no listener "none"'),
  });

  expect(await tell(server, "suspend", ".")).toMatchObject({
    code: exitCodes.configuration,
    stderr: expect.stringContaining('There is no listener "."'),
  });
  expect((await tell(server, "status")).stdout).toMatch(/^smtp +listening/m);

  expect((await tell(server, "block", "127.0.0.0/8", "--reason", "test")).stdout).toBe(
    '127.0.0.0/8 is blocked. Connections that are open go on; "gatehouse close" ends one.\n',
  );
  expect((await tell(server, "blocked")).stdout).toMatch(/^127\.0\.0\.0\/8 .*test/);
  const { code, stdout } = await tell(server, "explain", "127.0.0.1", "smtp");
  expect(code).toBe(exitCodes.ok);
  expect(stdout).toMatch(/^127\.0\.0\.1 would be refused on "smtp"\.\n/);
  expect(stdout).toMatch(
    /^admission +blocked +The rule blocked refuses 127\.0\.0\.1\. BlockedIp has 127\.0\.0\.0\/8 \(test\)\.$/m,
  );
  expect(stdout).toMatch(/^listener-cap +passes +\d of 10$/m);
  expect((await openDialogue(server.port("smtp"))).greeting).toMatch(/^421 /);
  expect(await session.ask("NOOP")).toMatch(/^250 /);
  expect((await tell(server, "unblock", "127.0.0.0/8")).stdout).toBe("127.0.0.0/8 is not blocked any more.\n");
  expect((await tell(server, "blocked")).stdout).toBe("Nobody is blocked.\n");

  // What a person reads names commands and what to write, never a route or a field of the request.
  const refused = await Promise.all(
    [
      ["unblock", "nonsense"],
      ["unblock", "127.0.0.1"],
      ["block", "10.0.0.0/33"],
      ["block", "192.0.2.1", "--expires-at", "tomorrow"],
      ["block", "192.0.2.1", "--expires-at", "2020-01-01T00:00:00Z"],
      ["close", "nobody"],
      ["resume", "none"],
      ["explain", "nonsense", "smtp"],
    ].map((args) => tell(server, ...args)),
  );
  expect(refused.map(({ code, stdout }) => ({ code, stdout }))).toEqual(
    refused.map(() => ({ code: exitCodes.configuration, stdout: "" })),
  );
  expect(refused.map(({ stderr }) => stderr.trimEnd())).toEqual([
    '"nonsense" cannot be a blocked address: it must be an IP address or a network in CIDR form, like "192.0.2.1", ' +
      '"10.0.0.0/8" or "2001:db8::/32".\nFor example: gatehouse unblock 192.0.2.0/24',
    '127.0.0.1 is not in the block list; "gatehouse blocked" prints what is.',
    '"10.0.0.0/33" cannot be a blocked address: it must have a prefix length from 0 to 32 after its /.\n' +
      "For example: gatehouse block 192.0.2.0/24 --expires-at 2030-01-31T12:00:00Z",
    '"tomorrow" cannot be the end of a block: it must be a date and time like "2030-01-31T12:00:00Z".\n' +
      "For example: gatehouse block 192.0.2.0/24 --expires-at 2030-01-31T12:00:00Z",
    '"2020-01-01T00:00:00Z" cannot be the end of a block: it must be a time to come.\n' +
      "For example: gatehouse block 192.0.2.0/24 --expires-at 2030-01-31T12:00:00Z",
    'There is no connection "nobody": it may have ended. "gatehouse connections" prints those there are.',
    'There is no listener "none". Those of the running document are: smtp.',
    '"nonsense" is no IP address; give one like "192.0.2.1", or "unix:" for a client of a Unix socket.',
  ]);
  expect((await tell(server, "blocked")).stdout).toBe("Nobody is blocked.\n");
});

test.skipIf(!installed("curl"))("curl reaches the socket too", async () => {
  const server = await serve(document(10));
  const socket = join(server.data, "control.sock");
  const curl = (...args: string[]) => run("curl", ["-sS", "--unix-socket", socket, ...args]);
  expect(JSON.parse((await curl("http://localhost/status")).stdout)).toMatchObject({ state: "running" });
  const body = ["-H", "Transfer-Encoding: chunked", "-d", '{"address":"192.0.2.1"}'];
  expect(JSON.parse((await curl(...body, "http://localhost/block")).stdout)).toMatchObject({ blocked: [{}] });
  const { stdout } = await curl("-X", "POST", "http://localhost/reload");
  expect(JSON.parse(stdout)).toMatchObject({ generation: 2, text: expect.stringContaining("Nothing changes.") });
});
