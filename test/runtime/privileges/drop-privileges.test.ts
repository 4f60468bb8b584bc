/** `gatehouse serve --user`: root until everything is bound, somebody else from then on. By the command, on real ports. */
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { dropPrivileges, findProcessUser } from "../../../src/index.ts";
import { ownFolder } from "../../../src/runtime/privileges/own-folder.ts";
import { temporaryDirectory } from "../../mailbox/temporary-directory.ts";
import { documentFile, entryPoint, gatehouse, serve } from "../../real/command.ts";
import { receivedIn } from "../../real/mail-server.ts";
import { run } from "../../real/programs.ts";
import { rawClient } from "../raw-client.ts";
import { startedWith } from "../systemd/activation.ts";
import { issue } from "../tls/certificate-fixtures.ts";

const nobody = 65_534;
const isRoot = process.platform === "linux" && process.geteuid?.() === 0;
const firstUnprivileged = isRoot ? Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8")) : 0;

/** A folder that others may enter. */
function openFolder(): string {
  const folder = temporaryDirectory();
  chmodSync(folder, 0o755);
  return folder;
}

/** An address of this test's own with a port that only root may bind. */
async function privilegedAddress(): Promise<{ host: string; port: number }> {
  for (;;) {
    const host = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
    const port = randomInt(600, firstUnprivileged);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once("error", () => resolve(false));
      probe.listen(port, host, () => probe.close(() => resolve(true)));
    });
    if (isFree) return { host, port };
  }
}

/** The user ids of every thread: real, effective, saved, file system. */
function threadIds(pid: number, field: "Uid" | "Gid"): Set<string> {
  const threads = readdirSync(`/proc/${pid}/task`).map((task) =>
    readFileSync(`/proc/${pid}/task/${task}/status`, "utf8"),
  );
  return new Set(threads.map((status) => new RegExp(`^${field}:\\s*(.*)$`, "m").exec(status)?.[1] ?? ""));
}

describe.runIf(isRoot && firstUnprivileged > 600)("a server that is started as root with --user nobody", () => {
  test("has its privileged port, is nobody in every thread, and takes mail into a folder that is nobody's", async () => {
    const { host, port } = await privilegedAddress();
    const data = join(openFolder(), "data");
    const account = { "ann@example.com": { secret: { "@type": "Text", secret: "wonderland" } } };
    const document = {
      Account: account,
      NetworkListener: [
        { name: "smtp", bind: [`${host}:${port}`] },
        { name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true },
      ],
    };
    const server = await serve(document, data, { args: ["--user", "nobody"], folder: openFolder() });
    expect(threadIds(server.pid, "Uid")).toEqual(new Set([`${nobody}\t${nobody}\t${nobody}\t${nobody}`]));
    expect(threadIds(server.pid, "Gid").size).toBe(1);
    expect(readFileSync(`/proc/${server.pid}/status`, "utf8")).toMatch(/^CapEff:\s*0+$/m);

    const large = "x".repeat(200_000).replace(/.{70}/g, "$&\r\n");
    for (const body of ["small", large]) {
      const client = await rawClient(port, host);
      client.socket.write("EHLO x\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<ann@example.com>\r\nDATA\r\n");
      await client.until("354 ");
      client.socket.write(`${body}\r\n.\r\nQUIT\r\n`);
      expect(await client.until("221 ")).toContain("250 2.0.0");
      client.socket.end();
    }
    const owners = readdirSync(data, { recursive: true, encoding: "utf8" }).map(
      (name) => lstatSync(join(data, name)).uid,
    );
    expect(new Set([...owners, statSync(data).uid])).toEqual(new Set([nobody]));
    server.kill("SIGTERM");
    expect(await server.end).toEqual([0, null]);
    expect((await receivedIn(data)).length).toBe(2);
  });

  test("starts again on that folder, and on one that root had", async () => {
    const data = join(openFolder(), "data");
    const document = [{ name: "smtp", bind: ["127.0.0.1:0"] }];
    for (const args of [[], ["--user", "nobody"], ["--user", String(nobody), "--group", String(nobody)]]) {
      const server = await serve(document, data, { args, folder: openFolder() });
      server.kill("SIGTERM");
      expect(await server.end).toEqual([0, null]);
    }
    expect(statSync(join(data, "mail.sqlite")).uid).toBe(nobody);
  });

  test("refuses a reload that needs a privileged port, says which and why, and serves on as before", async () => {
    const [bound, wanted] = [await privilegedAddress(), await privilegedAddress()];
    const folder = openFolder();
    const listener = { name: "smtp", bind: [`${bound.host}:${bound.port}`] };
    const server = await serve([listener], join(openFolder(), "data"), { args: ["--user", "nobody"], folder });
    await documentFile(
      [{ ...listener, bind: [...listener.bind, `${wanted.host}:${wanted.port}`], maxConnections: 1 }],
      folder,
    );
    server.kill("SIGHUP");
    const { reasons } = await server.logged({ event: "reload.rejected" });
    const message = (reasons as string[]).join("\n");
    expect(message).toContain(`Cannot listen on ${wanted.host}:${wanted.port}`);
    expect(message).toContain(
      `Ports below ${firstUnprivileged} (sysctl net.ipv4.ip_unprivileged_port_start) need a privilege`,
    );
    expect(message).toMatch(/CAP_NET_BIND_SERVICE.*socket activation/);
    const clients = [await rawClient(bound.port, bound.host), await rawClient(bound.port, bound.host)];
    for (const client of clients) expect(await client.until("\r\n")).toMatch(/^220 /);
    await expect(rawClient(wanted.port, wanted.host)).rejects.toThrow("ECONNREFUSED");
  });

  test("takes a privileged port in a reload when it was started with a socket for it", async () => {
    const { host, port } = await privilegedAddress();
    const opened = createServer().listen(port, host);
    onTestFinished(() => void opened.close());
    await once(opened, "listening");
    const fd = Reflect.get(Reflect.get(opened, "_handle") as object, "fd") as number;
    const folder = openFolder();
    const listener = { name: "smtp", bind: ["127.0.0.1:0"] };
    const { args, ...launch } = { args: ["--user", "nobody"], ...startedWith([{ fd, port, close: () => {} }]) };
    const server = await serve([listener], join(openFolder(), "data"), { ...launch, args, folder });
    await documentFile([{ ...listener, bind: [...listener.bind, `${host}:${port}`] }], folder);
    server.kill("SIGHUP");
    expect(await server.logged({ event: "reload.carriedOut" })).toMatchObject({ generation: 2 });
    opened.close();
    expect(await (await rawClient(port, host)).until("\r\n")).toMatch(/^220 /);
  });

  test("says at the start which key it will not be able to read, and refuses the reload that reads it", async () => {
    const folder = openFolder();
    const pair = await issue({ names: ["mail.example"] });
    const files = { certificate: join(folder, "tls.crt"), privateKey: join(folder, "tls.key") };
    writeFileSync(files.certificate, pair.certificate);
    writeFileSync(files.privateKey, pair.privateKey, { mode: 0o600 });
    const server = await serve(
      {
        Certificate: {
          main: {
            certificate: { "@type": "File", filePath: files.certificate },
            privateKey: { "@type": "File", filePath: files.privateKey },
          },
        },
        NetworkListener: [{ name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true }],
      },
      join(openFolder(), "data"),
      { args: ["--user", "nobody"], folder },
    );
    server.kill("SIGHUP");
    const { reasons } = await server.logged({ event: "reload.rejected" });
    expect((reasons as string[]).join("\n")).toMatch(/Certificate "main": .*tls\.key cannot be read: .* \(EACCES\)/);
    server.kill("SIGTERM");
    await server.end;
    expect(await server.words).toContain(`${files.privateKey} cannot be read by the user nobody (65534:65534)`);
  });

  test("follows no link in its folder, and takes no file that has another name elsewhere", async () => {
    const [folder, outside] = [openFolder(), join(openFolder(), "root's")];
    writeFileSync(outside, "");
    mkdirSync(join(folder, "messages"));
    symlinkSync(outside, join(folder, "messages", "link"));
    symlinkSync(dirname(outside), join(folder, "folder-link"));
    const user = await findProcessUser("nobody");
    await ownFolder(folder, user);
    expect([statSync(outside).uid, statSync(dirname(outside)).uid]).toEqual([0, 0]);
    expect(lstatSync(join(folder, "messages", "link")).uid).toBe(nobody);
    const { code, stderr } = await run("ln", [outside, join(folder, "messages", "hard")]);
    expect([code, stderr]).toEqual([0, ""]);
    await expect(ownFolder(folder, user)).rejects.toThrow("2 hard links");
    expect(statSync(outside).uid).toBe(0);
  });

  test("fails when nobody cannot get at the folder, with nobody let in", async () => {
    const above = temporaryDirectory();
    const file = await documentFile([{ name: "smtp", bind: ["127.0.0.1:0"] }]);
    const outcome = await gatehouse(["serve", "-c", file, "-d", join(above, "data"), "--user", "nobody"]);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toMatch(/cannot get at .*data \(EACCES\).*Choose another with --data/);
    expect(outcome.stdout).not.toContain("listener.listening");
  });
});

test.runIf(isRoot)("becoming whom one is already does nothing", async () => {
  await dropPrivileges(await findProcessUser("root"), ["/nowhere/at/all"]);
  expect(process.geteuid?.()).toBe(0);
});

test.runIf(process.platform === "linux").each([
  [["--user", `gone-${randomBytes(4).toString("hex")}`], /There is no user "gone-/],
  [["--user", "4000000000"], /No user has the id 4000000000: give its group/],
  [["--user", String(process.geteuid?.()), "--group", "no-such-group"], /There is no group "no-such-group"/],
  [["--group", "root"], /--group requires --user/],
] as const)("%j fails before anything is opened", async (args, reason) => {
  const folder = temporaryDirectory();
  const file = await documentFile([{ name: "smtp", bind: ["127.0.0.1:0"] }]);
  const outcome = await gatehouse(["serve", "-c", file, "-d", join(folder, "data"), ...args]);
  expect(outcome.code).toBe(3);
  expect(outcome.stderr).toMatch(reason);
  expect(outcome.stdout).toBe("");
  expect(readdirSync(folder)).toEqual([]);
});

test.runIf(isRoot)("only root can become somebody else; anybody can stay who they are", async () => {
  const folder = openFolder();
  const file = await documentFile([{ name: "smtp", bind: ["127.0.0.1:0"] }], folder);
  const asNobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--", process.execPath, entryPoint];
  const outcome = await run("setpriv", [
    ...asNobody,
    "serve",
    "-c",
    file,
    "-d",
    join(folder, "data"),
    "--user",
    "daemon",
  ]);
  expect(outcome.code).toBe(3);
  expect(outcome.stderr).toMatch(/Only root can become the user daemon .*; this process is of user id 65534/);
  const data = openFolder();
  chmodSync(data, 0o777);
  const server = await serve([{ name: "smtp", bind: ["127.0.0.1:0"] }], join(data, "data"), {
    by: ["setpriv", ...asNobody.slice(0, 4)],
    args: ["--user", "nobody"],
    folder,
  });
  onTestFinished(() => server.kill("SIGKILL"));
  expect(statSync(join(data, "data")).uid).toBe(nobody);
});
