/** `gatehouse upgrade`: another program takes over, and no client sees it; or it does not, and nobody sees that either. */
import { once } from "node:events";
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { connect as connectPlain, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect } from "node:tls";
import { expect, onTestFinished, test, vi } from "vitest";
import { askControl } from "../../src/control/control-client.ts";
import type { StatusReport } from "../../src/control/reports.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { watch } from "../runtime/raw-client.ts";
import { notifyReceiver } from "../runtime/systemd/notify-receiver.ts";
import { installed } from "./programs.ts";
import { openDialogue, startData } from "./smtp-dialogue.ts";
import { openFiles, upgradable, visitUntil } from "./upgradable.ts";

const system = { defaultHostname: "localhost", drainTimeout: "10s" };
const documentOf = (workers: number) => ({
  SystemSettings: { ...system, workers },
  Account: { "ann@localhost": { secret: { "@type": "Text", secret: "ann's password" } } },
  NetworkListener: [
    { name: "smtp", protocol: "smtp", bind: ["127.0.0.1:0"], useTls: false },
    { name: "imap", protocol: "imap", bind: ["127.0.0.1:0"], tlsImplicit: true },
    { name: "pop3", protocol: "pop3", bind: ["127.0.0.1:0"], tlsImplicit: true },
    { name: "closed", protocol: "smtp", bind: ["127.0.0.1:0"], useTls: false },
  ],
});

/** Speaks as a successor does until it ends. */
const endsWhenItTakesOver = `
import { Socket } from "node:net";
const channel = new Socket({ fd: 3 });
channel.on("data", (text) => {
  if (text.includes("takeOver")) process.exit(7);
  else channel.write(JSON.stringify({ type: "ready", taken: [0, 1, 2, 3] }) + "\\n");
});
`;

test.each([1, 2])("a successor that fails leaves the server with %i workers and its clients alone", async (workers) => {
  const document = documentOf(workers);
  const server = await upgradable(document);
  const [before, stop] = [openFiles(server.pid), new AbortController()];
  const visits = visitUntil(server.port("smtp"), 8, stop.signal);

  await server.replaceProgram("this is no program");
  const misspelt = await server.upgrade();
  expect(misspelt.code).toBe(1);
  expect(misspelt.stderr).toContain("it ended with exit status 1");
  expect(misspelt.stderr).toContain("SyntaxError");

  await server.replaceProgram("");
  const { body } = await askControl(server.data, {
    method: "POST",
    path: "/jmap/",
    body: {
      using: ["urn:ietf:params:jmap:core", "urn:stalwart:jmap"],
      methodCalls: [["x:Action/set", { create: { a: { "@type": "UpgradeServer" } } }, "0"]],
    },
  });
  expect(JSON.stringify(body)).toContain("it ended with exit status 0");
  expect(JSON.stringify(body)).toContain("upgrade-failed");

  await server.replaceProgram(endsWhenItTakesOver);
  expect((await server.upgrade()).stderr).toContain("it ended with exit status 7");

  await server.replaceProgram("setInterval(() => {}, 1000);");
  await server.changeDocument({ ...document, SystemSettings: { ...system, workers, upgradeTimeout: "500ms" } });
  expect((await server.upgrade()).stderr).toContain("was not ready within 0.5 seconds");

  stop.abort();
  const { served, failures } = await visits;
  expect(failures).toEqual([]);
  expect(served).toBeGreaterThan(8);
  expect(await server.inCharge()).toBe(server.pid);
  // The last clients' sockets close when they have closed them.
  await expect.poll(() => openFiles(server.pid), { timeout: 10_000 }).toEqual(before);
  await server.stop();
});

// Workers of the one who ends, and of the one who begins.
const workersOf = [
  [1, 1],
  [2, 2],
  [1, 2],
] as const;
test.each(workersOf)("what is under way is finished where it began (%i workers, then %i)", async (workers, later) => {
  const document = documentOf(workers);
  const receiver = installed("python3") ? await notifyReceiver(`@gatehouse-test-${process.pid}-upgrade`) : null;
  const server = await upgradable(document, { env: receiver ? { NOTIFY_SOCKET: receiver.path } : {} });
  await askControl(server.data, { method: "POST", path: "/suspend", body: { listener: "closed" } });
  await askControl(server.data, { method: "POST", path: "/block", body: { address: "192.0.2.1" } });
  const [port, stop] = [server.port("smtp"), new AbortController()];
  const writer = await openDialogue(port);
  await startData(writer, "ann@localhost");
  writer.send("Subject: begun before\r\n\r\n");
  const reader = await openImap(server.port("imap"));
  await reader.ask('a LOGIN ann@localhost "ann\'s password"');
  await reader.ask("b SELECT INBOX");
  const mailman = await openPop3(server.port("pop3"));
  expect(await mailman.logIn()).toMatch(/^\+OK/);
  const visits = visitUntil(port, 8, stop.signal);
  const first = server.pid;
  if (later !== workers) {
    // They begin with the successor.
    await writeFile(server.file, JSON.stringify(documentOf(later)));
    expect((await askControl(server.data, { method: "POST", path: "/reload" })).status).toBe(200);
  }
  const { generation } = (await askControl(server.data, { method: "GET", path: "/status" })).body as StatusReport;

  const { code, stdout, stderr } = await server.upgrade();
  expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(/^The successor \(pid \d+\) accepts/), ""]);
  const second = await server.inCharge();
  expect(second).not.toBe(first);
  await receiver?.until({ MAINPID: String(second) });
  expect(receiver?.received.findLast((one) => "READY" in one)).toEqual(
    receiver ? { READY: "1", STATUS: "Running with 4 listeners" } : undefined,
  );
  const { body } = await askControl(server.data, { method: "GET", path: "/status" });
  expect((body as StatusReport).generation).toBe(generation + 1);
  expect((body as StatusReport).listeners.map(({ state }) => state)).toEqual([
    "listening",
    "listening",
    "listening",
    "paused",
  ]);
  const blocked = await askControl(server.data, { method: "GET", path: "/blocked" });
  expect(blocked.body).toMatchObject({ blocked: [{ address: "192.0.2.1" }] });

  // The maildrop is free as soon as the session in the former server has ended.
  await vi.waitFor(async () => expect(await (await openPop3(server.port("pop3"))).logIn()).toMatch(/^\+OK/));
  expect(await reader.until("* BYE")).toMatch(/^\* BYE/);
  // The maildrop of the successor has what the former server takes in.
  const late = await openImap(server.port("imap"), await reader.session);
  expect(late.isResumed).toBe(true);
  await late.ask('a LOGIN ann@localhost "ann\'s password"');
  await late.ask("b SELECT INBOX");
  late.send("c IDLE\r\n");
  await late.until("+ ");
  writer.send("the rest\r\n.\r\n");
  expect(await writer.reply()).toMatch(/^250 /);
  expect(await late.until("* 1 EXISTS")).toBe("* 1 EXISTS");
  expect(await writer.reply()).toMatch(/^421 /);
  await server.ended;
  // What the predecessor's clients have agreed on outlives the successor's reloads, too, if the certificates stay.
  for (const maxConnections of [1_001, 1_002]) {
    const next = documentOf(later);
    const NetworkListener = next.NetworkListener.map((listener) => ({ ...listener, maxConnections }));
    await writeFile(server.file, JSON.stringify({ ...next, NetworkListener }));
    expect((await askControl(server.data, { method: "POST", path: "/reload" })).status).toBe(200);
    expect(await openImap(server.port("imap"), await reader.session)).toMatchObject({ isResumed: true });
  }

  process.kill(second, "SIGUSR2");
  const { successor } = await server.logged({ event: "upgrade.draining", by: "SIGUSR2" });
  expect(await server.inCharge()).toBe(successor);
  stop.abort();
  const { served, failures } = await visits;
  expect(failures).toEqual([]);
  expect(served).toBeGreaterThan(8);
  await server.stop();
});

test("servers with workers that drain do not pile up for longer than their sessions take, or a signal lets them", async () => {
  const server = await upgradable({ ...documentOf(2), SystemSettings: { ...system, workers: 2, drainTimeout: "1h" } });
  const [port, stop] = [server.port("smtp"), new AbortController()];
  const visits = visitUntil(port, 2, stop.signal);
  const pids = [server.pid];
  const writers: Awaited<ReturnType<typeof openDialogue>>[] = [];
  const alive = () => pids.filter((pid) => existsSync(`/proc/${pid}/fd/0`));
  // Each is upgraded while the former ones drain.
  for (let round = 0; round < 3; round += 1) {
    const writer = await openDialogue(port);
    await startData(writer, "ann@localhost");
    writers.push(writer);
    expect((await server.upgrade()).code).toBe(0);
    pids.push(await server.inCharge());
  }
  expect(new Set(pids).size).toBe(4);
  expect(alive()).toEqual(pids);
  const [, ...later] = writers;
  for (const writer of later.toReversed()) {
    writer.send("Subject: the rest\r\n\r\nx\r\n.\r\n");
    expect(await writer.reply()).toMatch(/^250 /);
    expect(await writer.reply()).toMatch(/^421 /);
  }
  // The first one would drain for an hour. Two signals to its process alone end that, and with it the others that drain.
  const isTold = (): boolean => alive().includes(server.pid) && process.kill(server.pid, "SIGTERM");
  await expect.poll(isTold, { interval: 200 }).toBe(false);
  await expect.poll(alive).toEqual(pids.slice(-1));
  stop.abort();
  expect((await visits).failures).toEqual([]);
  await server.stop();
});

test.each([1, 2])("Unix sockets go with their files, which the last server removes (%i workers)", async (workers) => {
  const folder = temporaryDirectory();
  const path = join(folder, "lmtp.sock");
  const name = `@gatehouse-upgrade-${process.pid}-${workers}`;
  const listening = [
    { name: "file", protocol: "lmtp", bind: [`unix:${path}`], useTls: false },
    { name: "abstract", protocol: "lmtp", bind: [`unix:${name}`], useTls: false },
    { name: "removed", protocol: "lmtp", bind: [`unix:${folder}/removed.sock`], useTls: false },
  ];
  const local = { SystemSettings: { ...system, workers }, NetworkListener: listening };
  const server = await upgradable(local);
  const { ino } = lstatSync(path);
  const greeted = async () =>
    expect([await greeting(path), await greeting(name.replace("@", "\0")), lstatSync(path).ino]).toEqual([
      ...[expect.stringMatching(/^220 /), expect.stringMatching(/^220 /), ino],
    ]);
  await greeted();

  // It takes the sockets, and fails at an address of the new document.
  const taken = createServer().listen(join(folder, "taken.sock"));
  onTestFinished(() => void taken.close());
  await once(taken, "listening");
  const foreign = { name: "taken", protocol: "lmtp", bind: [`unix:${folder}/taken.sock`] };
  const [file = {}, abstract = {}] = listening;
  const open = { ...file, socketMode: "0666" };
  await writeFile(server.file, JSON.stringify({ ...local, NetworkListener: [open, ...listening.slice(1), foreign] }));
  expect((await server.upgrade()).stderr).toContain("Another server listens there");
  expect(await server.inCharge()).toBe(server.pid);
  await greeted();
  expect(modeOf(path)).toBe("660");

  await writeFile(server.file, JSON.stringify({ ...local, NetworkListener: [open, abstract] }));
  for (const _ of ["a successor", "and its own"]) {
    const before = await server.inCharge();
    const held = watch(connectPlain({ path, allowHalfOpen: true }));
    await held.until("220 ");
    expect((await server.upgrade()).code).toBe(0);
    expect(await server.inCharge()).not.toBe(before);
    await held.until("421 ");
    held.socket.end();
    await greeted();
    await expect.poll(() => existsSync(`/proc/${before}/fd/0`)).toBe(false);
    await greeted();
  }
  expect(modeOf(path)).toBe("666");
  expect(readdirSync(folder).sort()).toEqual(["lmtp.sock", "taken.sock"]);
  await server.stop();
  expect(readdirSync(folder)).toEqual(["taken.sock"]);
});

function modeOf(path: string): string {
  return (lstatSync(path).mode & 0o777).toString(8);
}

/** The first words of whoever listens there. */
async function greeting(path: string): Promise<string> {
  const client = watch(connectPlain({ path, allowHalfOpen: true }));
  const words = await client.until("\r\n");
  client.socket.end("QUIT\r\n");
  await client.end;
  return words;
}

async function openPop3(port: number) {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  socket.on("error", () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  const say = async (command: string): Promise<string> => {
    socket.write(`${command}\r\n`);
    return String((await lines.next()).value);
  };
  await lines.next();
  return {
    logIn: async () => {
      await say("USER ann@localhost");
      return say("PASS ann's password");
    },
  };
}

async function openImap(port: number, former?: Buffer) {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...(former && { session: former }) });
  const session = once(socket, "session").then(([ticket]) => ticket as Buffer);
  socket.on("error", () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  const until = async (beginning: string): Promise<string> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`The connection ended before "${beginning}".`);
      if (value.startsWith(beginning)) return value;
    }
  };
  const send = (text: string): void => void socket.write(text);
  await until("* OK");
  return {
    ...{ send, until, session, isResumed: socket.isSessionReused() },
    ask: (command: string) => {
      send(`${command}\r\n`);
      return until(`${command.split(" ")[0]} OK`);
    },
  };
}
