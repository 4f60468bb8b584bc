/** Listeners on Unix sockets: files and abstract names, by the clients that use them. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmod, lstat, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pino } from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import { http } from "../../src/index.ts";
import { installed } from "../real/programs.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside } from "./ends.ts";
import { version2 } from "./proxy/encode-header.ts";
import { watch } from "./raw-client.ts";

const run = promisify(execFile);

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "gatehouse-unix-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

const lmtp = (bind: string, fields: object = {}) => ({ name: "lmtp", protocol: "lmtp", bind: [bind], ...fields });

/** Of this process, as the kernel tells it to whoever accepts. */
const { pid, getuid, getgid } = process;
const own = { pid, uid: getuid?.(), gid: getgid?.() };

/** The greeting of whoever listens there. @param path with a zero octet in front for an abstract name */
async function greeting(path: string): Promise<string> {
  const client = watch(connect({ path, allowHalfOpen: true }));
  const words = await client.until("\r\n");
  client.socket.end();
  await client.end;
  return words;
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function modeOf(path: string): Promise<string> {
  return ((await lstat(path)).mode & 0o777).toString(8);
}

test("which process has connected is known to rules, sessions, the log and whoever lists connections", async () => {
  const path = join(await folder(), "http.sock");
  const asked: unknown[] = [];
  const fetch = (_request: Request, { peer }: { peer: unknown }) => Response.json(peer);
  const lines: string[] = [];
  const house = await runGatehouse(
    {
      SystemSettings: { maxConnections: 2 },
      NetworkListener: [{ name: "web", protocol: "app", bind: [`unix:${path}`] }],
    },
    {
      protocols: [http({ name: "app", fetch })],
      logger: pino({ level: "debug" }, { write: (line) => lines.push(line) }),
      admission: [
        ({ peer }) => {
          asked.push(peer.process);
          return peer.process?.uid === own.uid ? null : { rule: "uid", limit: 0, current: 0 };
        },
      ],
    },
  );
  const client = watch(connect({ path, allowHalfOpen: true }));
  client.socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await client.until(JSON.stringify({ address: "unix", port: 0, process: own }));
  expect(house.gatehouse.connections()).toMatchObject([{ peer: { process: own } }]);
  client.socket.end();
  await client.end;
  await house.event("connection.closed");

  // Another process, by its own number; the shell becomes the client.
  const script =
    "import os, socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print(os.getpid())";
  const other = Number((await run("python3", ["-c", script, path])).stdout);
  await house.event("connection.closed", ({ connection }) => connection.peer.process?.pid === other);
  expect(asked).toEqual([own, { ...own, pid: other }]);
  const closed = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "connection.closed");
  expect(closed).toMatchObject([{ peer: "unix", process: own }, { process: { pid: other } }]);
});

describe("a file", () => {
  test("is made with its mode, serves clients that have no address, and is removed at the stop", async () => {
    const path = join(await folder(), "lmtp.sock");
    const house = await runGatehouse([lmtp(`unix:${path}`, { socketMode: "0600" })]);
    expect(await modeOf(path)).toBe("600");
    expect(await greeting(path)).toMatch(/^220 .* LMTP/);
    const { connection } = await house.event("connection.closed");
    expect([connection.peer, connection.local]).toEqual([
      { address: "unix", port: 0, process: own },
      { address: `unix:${path}`, port: 0 },
    ]);
    expect(house.gatehouse.listeners()[0]?.addresses).toEqual([{ address: `unix:${path}`, port: 0, family: "unix" }]);
    await house.gatehouse.stop();
    expect(await exists(path)).toBe(false);
    await expectNobodyInside(house);
  });

  test("that a server has left behind is replaced; one on which somebody listens is not, nor any other file", async () => {
    const at = await folder();
    const left = join(at, "left.sock");
    // As after SIGKILL: the file stays, and nobody listens.
    await run("python3", ["-c", `import socket; socket.socket(socket.AF_UNIX).bind("${left}")`]);
    await runGatehouse([lmtp(`unix:${left}`)]);
    expect(await greeting(left)).toMatch(/^220 /);

    await expect(runGatehouse([lmtp(`unix:${left}`)])).rejects.toThrow("Another server listens there");
    expect(await greeting(left)).toMatch(/^220 /);
    const text = join(at, "text");
    await writeFile(text, "words");
    await expect(runGatehouse([lmtp(`unix:${text}`)])).rejects.toThrow("the file is no socket");
    await expect(runGatehouse([lmtp(`unix:${at}/none/lmtp.sock`)])).rejects.toThrow("There is no folder");
  });

  test("of another server in its place is left at the stop", async () => {
    const path = join(await folder(), "lmtp.sock");
    const house = await runGatehouse([lmtp(`unix:${path}`)]);
    await rm(path);
    const other = createServer().listen(path);
    onTestFinished(() => void other.close());
    await once(other, "listening");
    await house.gatehouse.stop();
    expect(await exists(path)).toBe(true);
  });

  test("is kept by a reload, which changes its mode; another listener takes it over, and a removed one takes it along", async () => {
    const at = await folder();
    const path = join(at, "lmtp.sock");
    const house = await runGatehouse([lmtp(`unix:${path}`)]);
    const { ino } = await lstat(path);
    await house.gatehouse.reload([lmtp(`unix:${path}`, { socketMode: "0666" })]);
    while ((await modeOf(path)) !== "666") await new Promise((resolve) => setImmediate(resolve));
    await house.gatehouse.reload([{ ...lmtp(`unix:${path}`), name: "renamed" }]);
    expect((await lstat(path)).ino).toBe(ino);
    expect(await greeting(path)).toMatch(/^220 /);
    await house.gatehouse.reload([lmtp(`unix:${at}/other.sock`)]);
    expect([await exists(path), await exists(`${at}/other.sock`)]).toEqual([false, true]);
  });

  test("lets its clients wait while the listener is suspended, and serves those that wait at the end", async () => {
    const path = join(await folder(), "lmtp.sock");
    const house = await runGatehouse([lmtp(`unix:${path}`)]);
    await house.gatehouse.suspend("lmtp");
    const waiting = watch(connect({ path, allowHalfOpen: true }));
    await once(waiting.socket, "connect");
    await house.gatehouse.resume("lmtp");
    expect(await waiting.until("\r\n")).toMatch(/^220 /);
    waiting.socket.end();
    await waiting.end;
  });

  test("counts its clients against the listener's cap, and not by address", async () => {
    const path = join(await folder(), "lmtp.sock");
    const house = await runGatehouse([lmtp(`unix:${path}`, { maxConnections: 2, maxConnectionsPerAddress: 1 })]);
    const inside = [1, 2].map(() => watch(connect({ path, allowHalfOpen: true })));
    for (const client of inside) expect(await client.until("\r\n")).toMatch(/^220 /);
    expect(await greeting(path)).toMatch(/^421 /);
    for (const address of ["unix:", "unix"]) {
      expect(house.gatehouse.connections({ address })).toHaveLength(2);
      expect(await house.gatehouse.explain({ address, listener: "lmtp" })).toMatchObject({
        ...{ address: "unix", outcome: "refused" },
        rules: expect.arrayContaining([expect.objectContaining({ rule: "listener-cap", current: 2 })]),
      });
    }
    expect(house.gatehouse.connections({ address: "0.0.0.0/0" })).toEqual([]);
    expect(await house.gatehouse.explain({ address: "192.0.2.1", listener: "lmtp" })).toMatchObject({
      ...{ outcome: "unreachable", steps: [{ text: '"lmtp" has no address but Unix sockets.' }] },
    });
    expect((await house.event("connection.refused")).refusal.rule).toBe("listener-cap");
    for (const client of inside) client.socket.end();
  });

  test.runIf(installed("curl"))("serves HTTP to curl, in both versions", async () => {
    const path = join(await folder(), "http.sock");
    const fetch = (_request: Request, { clientAddress }: { clientAddress: string }) => new Response(clientAddress);
    await runGatehouse([{ name: "web", protocol: "app", bind: [`unix:${path}`] }], {
      protocols: [http({ name: "app", fetch })],
    });
    for (const version of ["--http1.1", "--http2-prior-knowledge"]) {
      const { stdout } = await run("curl", ["-s", version, "--unix-socket", path, "http://localhost/"]);
      expect(stdout).toBe("unix");
    }
  });
});

test("a name in the abstract namespace needs no file", async () => {
  const name = `gatehouse-test-${process.pid}`;
  const house = await runGatehouse([lmtp(`unix:@${name}`)]);
  expect(await greeting(`\0${name}`)).toMatch(/^220 /);
  await expect(runGatehouse([lmtp(`unix:@${name}`)])).rejects.toThrow("Another server listens by this name");
  await house.gatehouse.stop();
  expect(causes(house.events)).toEqual([expect.any(String)]);
});

test("a proxy on an abstract name is believed where the listener says so, also by its X-Forwarded-For", async () => {
  const name = `gatehouse-proxied-${process.pid}`;
  const fetch = (_request: Request, { clientAddress }: { clientAddress: string }) => new Response(clientAddress);
  const house = await runGatehouse(
    [
      lmtp(`unix:@${name}`, { overrideProxyTrustedNetworks: ["unix:"] }),
      { name: "web", protocol: "app", bind: [`unix:@${name}-web`], forwardedTrustedNetworks: ["unix:"] },
    ],
    { protocols: [http({ name: "app", fetch })] },
  );
  const proxy = watch(connect({ path: `\0${name}`, allowHalfOpen: true }));
  proxy.socket.write(Buffer.concat([version2(), Buffer.from("QUIT\r\n")]));
  await proxy.until("221 ");
  proxy.socket.end();
  const { connection } = await house.event("connection.closed");
  expect([connection.peer, connection.local, connection.proxy?.peer]).toEqual([
    { address: "192.0.2.1", port: 56324 },
    { address: "198.51.100.7", port: 25 },
    { address: "unix", port: 0, process: own },
  ]);

  const bare = watch(connect({ path: `\0${name}`, allowHalfOpen: true }));
  bare.socket.end("LHLO client\r\n");
  await bare.end;
  expect((await house.event("connection.proxyRejected")).reason).toBe("signature");

  const web = watch(connect({ path: `\0${name}-web`, allowHalfOpen: true }));
  web.socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.9\r\nConnection: close\r\n\r\n");
  await web.until("192.0.2.9");
  web.socket.end();
});

test("an owner that does not exist is a warning, and the socket stays with the process", async () => {
  const path = join(await folder(), "lmtp.sock");
  const house: RunningGatehouse = await runGatehouse([lmtp(`unix:${path}`, { socketOwner: "nobody-such:mail" })]);
  await house.event("listener.warning", ({ text }) => text.includes('there is no user "nobody-such"'));
  await chmod(path, 0o600);
  expect(await greeting(path)).toMatch(/^220 /);
});
