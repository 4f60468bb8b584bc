/** Sockets that a service manager opened, and the command that is started with them. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { setImmediate as immediate } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { createGatehouse, InheritedSockets, inheritedSockets } from "../../../src/index.ts";
import { freePort } from "../../free-port.ts";
import { temporaryDirectory } from "../../mailbox/temporary-directory.ts";
import { documentFile, entryPoint, gatehouse, launch, serve } from "../../real/command.ts";
import { installed } from "../../real/programs.ts";
import { type RawClient, rawClient, watch } from "../raw-client.ts";
import { openSocket, startedWith } from "./activation.ts";

const smtp = (...bind: string[]) => ({ name: "smtp", bind });
const isLinux = process.platform === "linux";

/** The inode of the socket that listens on a port, as /proc tells it of a process. */
function socketInodes(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const link = linkOf(`/proc/${pid}/fd/${fd}`);
    return link.startsWith("socket:") ? [link] : [];
  });
}

/** Empty for a descriptor that was closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** Waits until somebody listens there. @param path with a zero octet in front for an abstract name */
async function connected(path: string): Promise<RawClient> {
  for (;;) {
    const socket = connect({ path, allowHalfOpen: true });
    const isThere = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    if (isThere) return watch(socket);
    await immediate();
  }
}

function listensOn(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const lines = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => readFileSync(file, "latin1").split("\n"));
  return lines.filter((line) => new RegExp(`^\\s*\\d+: [0-9A-F]+:${hex} \\S+ 0A`).test(line)).length;
}

describe.runIf(isLinux)("a server that is started with sockets", () => {
  test("takes those that its document names, binds the others, and serves who was queued before it ran", async () => {
    const socket = await openSocket();
    const early = rawClient(socket.port);
    const server = await serve(
      [smtp(`127.0.0.1:${socket.port}`, "127.0.0.2:0")],
      undefined,
      startedWith([socket], { LISTEN_FDNAMES: "smtp" }),
    );
    expect(await (await early).until("\r\n")).toMatch(/^220 /);
    expect(socketInodes(server.pid)).toContain(readlinkSync(`/proc/self/fd/${socket.fd}`));
    expect(listensOn(socket.port)).toBe(1);
    const warnings = server.log.filter(
      ({ event, code }) => event === "listener.warning" || code === "inherited-socket",
    );
    expect(warnings).toEqual([]);
  });

  test("applies the document's options to them, and says what cannot be changed any more", async () => {
    const socket = await openSocket("::");
    const document = [
      { ...smtp(`[::]:${socket.port}`), socketBacklog: 77, socketTtl: 44 },
      { name: "ipv4", bind: [`0.0.0.0:${socket.port}`], socketReusePort: false },
    ];
    const file = await documentFile(document);
    const child = spawn(
      "sh",
      ["-c", 'LISTEN_PID=$$ exec "$@"', "sh", process.execPath, entryPoint, "serve", "-c", file],
      {
        cwd: temporaryDirectory(),
        env: { ...process.env, LISTEN_FDS: "1" },
        stdio: ["ignore", "pipe", "pipe", socket.fd],
      },
    );
    onTestFinished(() => void child.kill("SIGKILL"));
    const [log, words] = await Promise.all([
      text(child.stdout as never),
      text(child.stderr as never),
      once(child, "close"),
    ]);
    expect(child.exitCode).toBe(3);
    expect(words).toContain(`This process was started with a socket for [::]:${socket.port}, which has the same port.`);
    expect(log).toContain("takes IPv4, too. Set BindIPv6Only=ipv6-only");

    await serve(document.slice(0, 1), undefined, startedWith([socket]));
    expect((await (await rawClient(socket.port)).until("\r\n")).slice(0, 4)).toBe("220 ");
    const [, , backlog] =
      /LISTEN\s+(\d+)\s+(\d+)/.exec(spawnSync("ss", ["-ltn", `sport = :${socket.port}`]).stdout.toString()) ?? [];
    if (installed("ss")) expect(backlog).toBe("77");
  });

  test("tells of sockets that nobody names and of descriptors that are none, and of no other process's", async () => {
    const [named, unnamed] = [await openSocket(), await openSocket("127.0.0.3")];
    const connected = await rawClient(named.port);
    const notListening = Reflect.get(Reflect.get(connected.socket, "_handle") as object, "fd") as number;
    const server = await serve(
      [smtp(`127.0.0.1:${named.port}`)],
      undefined,
      startedWith([named, unnamed, { ...named, fd: notListening }]),
    );
    const warnings = server.log.filter(({ event }) => event === "server.warning").map(({ msg }) => msg);
    expect(warnings).toEqual(
      expect.arrayContaining([
        expect.stringContaining(`No listener has the address 127.0.0.3:${unnamed.port}`),
        expect.stringContaining("Descriptor 5, which this process was started with, does not listen"),
      ]),
    );
    const environment = { LISTEN_PID: String(process.pid + 1), LISTEN_FDS: "3", PATH: "/bin" };
    expect((await inheritedSockets(environment)).sockets).toEqual([]);
    expect(environment).toEqual({ PATH: "/bin" });
  });

  test("lets go of one in a reload, and takes it again in another, while its clients wait", async () => {
    const [kept, moving] = [await openSocket(), await openSocket("127.0.0.3")];
    const both = [smtp(`127.0.0.1:${kept.port}`, `127.0.0.3:${moving.port}`)];
    const server = await serve(both, undefined, startedWith([kept, moving]));
    const folder = dirname(server.file);
    await documentFile(
      both.map(({ name, bind }) => ({ name, bind: bind.slice(0, 1) })),
      folder,
    );
    server.kill("SIGHUP");
    await server.logged({ event: "reload.carriedOut", generation: 2 });
    await server.logged({ event: "server.warning", code: "inherited-socket" });
    const waiting = await rawClient(moving.port, "127.0.0.3");
    await documentFile(
      [...both.slice(1), smtp(`127.0.0.1:${kept.port}`), { name: "new", bind: [`127.0.0.3:${moving.port}`] }],
      folder,
    );
    server.kill("SIGHUP");
    await waiting.until("220 ");
    expect(await (await rawClient(kept.port)).until("\r\n")).toMatch(/^220 /);
    expect(listensOn(moving.port)).toBe(1);
  });

  test.each([1, 2])(
    "takes a descriptor that its document names by number, also anew after a reload and in a successor (%i workers)",
    async (workers) => {
      const [kept, moving] = [await openSocket(), await openSocket("127.0.0.3")];
      const early = await rawClient(kept.port);
      const descriptors = [kept.fd, moving.fd];
      const server = await serve([smtp("fd:3", "fd:4")], undefined, {
        descriptors,
        args: ["--workers", String(workers)],
      });
      await early.until("220 ");
      const folder = dirname(server.file);
      await documentFile([smtp("fd:3")], folder);
      server.kill("SIGHUP");
      await server.logged({ event: "reload.carriedOut", generation: 2 });
      await documentFile([smtp("fd:3"), { name: "new", bind: ["fd:4"] }], folder);
      server.kill("SIGHUP");
      await (await rawClient(moving.port, "127.0.0.3")).until("220 ");
      server.kill("SIGUSR2");
      const { successor } = await server.logged({ event: "upgrade.draining", by: "SIGUSR2" });
      onTestFinished(() => void process.kill(Number(successor), "SIGKILL"));
      early.socket.end();
      await (await rawClient(kept.port)).until("220 ");
      await (await rawClient(moving.port, "127.0.0.3")).until("220 ");
    },
  );

  test("does not start with a descriptor that it was not handed", async () => {
    const server = await launch([smtp("fd:99")]);
    expect((await server.end)[0]).not.toBe(0);
    expect(await server.words).toContain("Descriptor 99, which this process was started with, is not open (EBADF)");
  });

  test.runIf(installed("systemd-socket-activate"))(
    "takes Unix sockets from systemd's own tool, serves who came first, and leaves the file",
    async () => {
      const folder = temporaryDirectory();
      const [path, name] = [join(folder, "lmtp.sock"), `gatehouse-activated-${process.pid}`];
      const listener = (protocol: string, bind: string) => ({ name: protocol, protocol, bind: [bind], useTls: false });
      const server = await launch([listener("lmtp", `unix:${path}`), listener("pop3", `unix:@${name}`)], {
        by: ["systemd-socket-activate", "-l", path, "-l", `@${name}`],
      });
      // The tool starts the command when the first client has connected.
      const first = await connected(path);
      expect(await first.until("\r\n")).toMatch(/^220 .*LMTP/);
      expect(await (await connected(`\0${name}`)).until("\r\n")).toMatch(/^\+OK/);
      const warnings = server.log.filter(
        ({ event, code }) => event === "listener.warning" || code === "inherited-socket",
      );
      expect(warnings).toEqual([]);
      server.kill("SIGUSR2");
      const { successor } = await server.logged({ event: "upgrade.draining", by: "SIGUSR2" });
      onTestFinished(() => {
        if (existsSync(`/proc/${successor}`)) process.kill(Number(successor), "SIGKILL");
      });
      await first.until("421 ");
      const later = await connected(path);
      expect(await later.until("\r\n")).toMatch(/^220 .*LMTP/);
      process.kill(Number(successor), "SIGTERM");
      await later.until("421 ");
      later.socket.end();
      await expect.poll(() => server.log.filter(({ event }) => event === "server.stopped").length).toBe(2);
      // The next server is started with it again: who connects meanwhile waits.
      expect(existsSync(path)).toBe(true);
    },
  );

  test("leaves those who are queued when it stops to the server that is started next", async () => {
    const socket = await openSocket();
    const document = [smtp(`127.0.0.1:${socket.port}`)];
    const first = await serve(document, undefined, startedWith([socket]));
    const inside = await rawClient(socket.port);
    await inside.until("220 ");
    first.kill("SIGTERM");
    await inside.until("421 ");
    const between = await rawClient(socket.port);
    inside.socket.end();
    expect(await first.end).toEqual([0, null]);
    const later = await rawClient(socket.port);
    const second = await serve(document, undefined, startedWith([socket]));
    await Promise.all([between.until("220 "), later.until("220 ")]);
    second.kill("SIGTERM");
  });

  test("suspends and resumes on them", async () => {
    const socket = await openSocket();
    const { libc } = await import("../../../src/runtime/sockets/libc.ts").then(({ loadLibc }) => loadLibc());
    const { Descriptor } = await import("../../../src/runtime/sockets/descriptor.ts");
    if (!libc) throw new Error("There is no libc.");
    const inherited = new InheritedSockets([
      {
        address: { address: "127.0.0.1", port: socket.port, family: 4 },
        ipv6Only: false,
        name: null,
        descriptor: new Descriptor(libc, libc.duplicate(socket.fd)),
      },
    ]);
    onTestFinished(() => inherited.sockets[0]?.descriptor.close());
    const server = createGatehouse({
      config: [smtp(`127.0.0.1:${socket.port}`)],
      backend: {},
      dataDirectory: temporaryDirectory(),
      inheritedSockets: inherited,
    });
    onTestFinished(() => server.stop({ wait: false }));
    await server.start();
    await server.suspend();
    const waiting = await rawClient(socket.port);
    expect(server.connections()).toEqual([]);
    await server.resume();
    await waiting.until("220 ");
  });
});

test.runIf(isLinux)("an address of another process is not taken for an inherited one", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const file = await documentFile([smtp(`127.0.0.1:${port}`)]);
  const outcome = await gatehouse(["serve", "--config", file], { env: { LISTEN_FDS: "1", LISTEN_PID: "1" } });
  expect(outcome.code).toBe(3);
  expect(outcome.stderr).toContain("EADDRINUSE");
});

test.skipIf(!installed("systemd-socket-activate"))(
  "systemd-socket-activate starts it, and its first client is served",
  async () => {
    const port = await freePort();
    const file = await documentFile([smtp(`[::]:${port}`)]);
    const args = [
      "-l",
      String(port),
      "--fdname=smtp",
      process.execPath,
      entryPoint,
      "serve",
      "-c",
      file,
      "-d",
      temporaryDirectory(),
    ];
    const activate = spawn("systemd-socket-activate", args, { stdio: ["ignore", "pipe", "pipe"] });
    onTestFinished(async () => {
      activate.kill("SIGKILL");
      if (activate.exitCode === null && activate.signalCode === null) await once(activate, "close");
    });
    let said = "";
    activate.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    while (!said.includes("Listening on")) await once(activate.stderr, "data");
    const client = await rawClient(port);
    expect(await client.until("\r\n")).toMatch(/^220 /);
    expect(listensOn(port)).toBe(1);
  },
);
