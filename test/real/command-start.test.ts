/** How `gatehouse serve` starts, or says why it does not. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { exitCodes } from "../../src/command/exit-codes.ts";
import { onFreePort } from "../free-port.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { makeReadOnly } from "../mounts.ts";
import { documentFile, entryPoint, gatehouse, serve, submit } from "./command.ts";
import { run } from "./programs.ts";
import { openDialogue } from "./smtp-dialogue.ts";

const account = { "ann@example.com": { secret: { "@type": "Text", secret: "wonderland" } } };
const withoutPrivilege = dropPrivilege();
const listeners = [
  { name: "smtp", bind: ["127.0.0.1:0"] },
  { name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true },
];

describe("gatehouse serve", () => {
  test("refuses a document with mistakes before it opens anything", async () => {
    const data = join(temporaryDirectory(), "data");
    const file = await documentFile({ NetworkListener: [{ name: "smtp", bind: ["localhost"] }] });
    const { code, stdout, stderr } = await gatehouse(["serve", "--config", file, "--data", data]);
    expect({ code, stdout }).toEqual({ code: exitCodes.configuration, stdout: "" });
    expect(stderr).toContain("NetworkListener[0].bind");
    await expect(stat(data)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("names each listener and address that cannot be bound, and leaves nothing open", async () => {
    const taken = await listen(0);
    await onFreePort((free) => refusesToStart(portOf(taken), free), "127.0.0.1");
  });

  async function refusesToStart(taken: number, free: number): Promise<void> {
    const file = await documentFile({
      NetworkListener: [
        { name: "taken", bind: [`127.0.0.1:${taken}`], socketReusePort: false },
        { name: "elsewhere", bind: ["203.0.113.1:0"] },
        { name: "free", bind: [`127.0.0.1:${free}`], socketReusePort: false },
      ],
    });
    const data = temporaryDirectory();
    const { code, stdout, stderr } = await gatehouse(["serve", "--config", file, "--data", data]);
    expect(code).toBe(exitCodes.start);
    // No password is shown that the next start would not show, and the log repeats no stack.
    expect(stderr).not.toContain("password");
    await expect(stat(join(data, "administrator.json"))).rejects.toMatchObject({ code: "ENOENT" });
    expect(stdout).not.toMatch(/"stack"|aggregateErrors/);
    // Once in the log, once in words.
    for (const output of [stdout, stderr]) expect(output.match(/Cannot listen on 203\.0\.113\.1:0/g)).toHaveLength(1);
    expect(stdout).toMatch(/"server\.failed","code":"start-failed","listeners":\["taken","elsewhere"\]/);
    expect(stderr).toContain(`Listener "taken": Cannot listen on 127.0.0.1:${taken}: `);
    expect(stderr).toMatch(/EADDRINUSE/);
    expect(stderr).toMatch(/Listener "elsewhere": Cannot listen on 203\.0\.113\.1:0: .*EADDRNOTAVAIL/);
    expect(stderr).not.toMatch(/"free"|^\s+at /m);
    await listen(free);
  }

  test.skipIf(withoutPrivilege === null)("says what a privileged port needs", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gatehouse-unprivileged-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await chmod(folder, 0o777);
    const file = await documentFile({ NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:25"] }] }, folder);
    const command = [process.execPath, entryPoint, "serve", "--config", file, "--data", join(folder, "data")];
    const [program = "", ...args] = [...(withoutPrivilege ?? []), ...command];
    const { code, stderr } = await run(program, args, { cwd: folder });
    expect(code).toBe(exitCodes.start);
    expect(stderr).toMatch(/Listener "smtp": Cannot listen on 127\.0\.0\.1:25: .*EACCES.*setcap cap_net_bind_service/s);
  });

  test("refuses a data folder that another server writes to", async () => {
    const first = await serve({ Account: account, NetworkListener: listeners });
    const file = await documentFile({ Account: account, NetworkListener: listeners });
    const { code, stderr } = await gatehouse(["serve", "--config", file, "--data", first.data]);
    expect(code).toBe(exitCodes.start);
    expect(stderr).toContain(first.data);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("ends in order, and says why, with a data folder that can only be read, and with a database that is locked", async ({
    skip,
  }) => {
    const file = await documentFile({ Account: account, NetworkListener: listeners });
    const [readOnly, locked] = [temporaryDirectory(), temporaryDirectory()];
    const other = new DatabaseSync(join(locked, "mail.sqlite"));
    onTestFinished(() => other.close());
    other.exec("BEGIN EXCLUSIVE; CREATE TABLE theirs (name)");
    const busy = await gatehouse(["serve", "--config", file, "--data", locked]);
    expect(busy).toMatchObject({ code: exitCodes.start });
    expect(busy.stderr).toMatch(`Another program holds the mail database locked in ${locked}`);
    if (makeReadOnly(readOnly) === null) return skip("needs to make a folder read-only");
    const unwritable = await gatehouse(["serve", "--config", file, "--data", readOnly]);
    expect(unwritable).toMatchObject({ code: exitCodes.start });
    expect(unwritable.stderr).toMatch(`The mail store cannot be written to in ${readOnly}`);
    expect(unwritable.stderr).not.toMatch(/^\s+at /m);
  });

  test("makes an administrator on the first start, whose password is said once and never logged", async () => {
    const document = { SystemSettings: { defaultHostname: "localhost" }, NetworkListener: listeners };
    const first = await serve(document, temporaryDirectory());
    first.kill("SIGTERM");
    const [, , said] = await Promise.all([first.end, first.logged({ event: "server.stopped" }), first.words]);
    const [, address = "", pass = ""] = /address\s+(\S+)\s+password\s+(\S+)/.exec(said) ?? [];
    expect(address).toBe("admin@localhost");
    expect(pass.length).toBeGreaterThanOrEqual(20);
    expect(said.split(pass)).toHaveLength(2);
    expect(JSON.stringify(first.log)).not.toContain(pass);
    expect(await readFile(join(first.data, "administrator.json"), "utf8")).not.toContain(pass);

    const second = await serve(document, first.data);
    await submit(second, { user: address, pass });
    second.kill("SIGTERM");
    expect(await second.words).not.toContain("password");
    expect(JSON.stringify(second.log)).not.toContain(pass);
    expect(second.log.filter(({ event }) => event === "session.authenticated")).toHaveLength(1);
  });

  test("keeps what it made to itself: the data folder is its owner's only", async () => {
    const data = join(temporaryDirectory(), "data");
    await serve({ NetworkListener: listeners }, data);
    const modes = await Promise.all(
      ["", "mail.sqlite", "administrator.json", "self-signed.key"].map(
        async (name) => (await stat(join(data, name))).mode & 0o777,
      ),
    );
    expect(modes.map((mode) => mode.toString(8))).toEqual(["700", "600", "600", "600"]);
  });

  test("logs JSON lines to a pipe: one for a connection, at its end", async () => {
    const server = await serve({ Account: account, NetworkListener: listeners });
    await submit(server, { user: "ann@example.com", pass: "wonderland" });
    const dialogue = await openDialogue(server.port("smtp"));
    await dialogue.ask("QUIT");
    const plain = await server.logged({ event: "connection.closed", listener: "smtp" });
    expect(plain).toMatchObject({ cause: "quit", msg: "connection closed", bytesRead: 6 });
    expect(plain["peer"]).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(plain).not.toHaveProperty("tls");
    const secured = await server.logged({ event: "connection.closed", listener: "submissions" });
    expect(secured).toMatchObject({ tls: "TLSv1.3", cipherSuite: "TLS_AES_256_GCM_SHA384" });
    const steps = server.log.filter(({ connection }) => connection === secured["connection"]).map(({ event }) => event);
    expect(steps).toEqual(["session.authenticated", "session.messageAccepted", "connection.closed"]);
    expect(JSON.stringify(server.log)).not.toContain("wonderland");
  });
});

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, "127.0.0.1");
  onTestFinished(() => {
    server.close();
  });
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** What to run the command with so that port 25 is out of its reach; null where that cannot be had. */
function dropPrivilege(): readonly string[] | null {
  if (firstUnprivilegedPort() <= 25) return null;
  if (process.getuid?.() !== 0) return [];
  const drop = ["--reuid=65534", "--regid=65534", "--clear-groups", "--"];
  const readable = spawnSync("setpriv", [...drop, "test", "-r", entryPoint, "-a", "-x", process.execPath]);
  return readable.status === 0 ? ["setpriv", ...drop] : null;
}

/** Every port below it needs a privilege (ip(7), ip_unprivileged_port_start). */
function firstUnprivilegedPort(): number {
  try {
    return Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));
  } catch {
    return 1024;
  }
}
