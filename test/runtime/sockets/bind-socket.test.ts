import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { BindError } from "../../../src/runtime/sockets/bind-error.ts";
import { bindSocket } from "../../../src/runtime/sockets/bind-socket.ts";
import type { BindTarget } from "../../../src/runtime/sockets/bound-socket.ts";
import { AF_INET6, type Libc } from "../../../src/runtime/sockets/libc.ts";
import type { SocketSettings } from "../../../src/runtime/sockets/options.ts";
import { ask, bound, defaults, exclusive, greeter, realLibc, targetOf } from "./loopback.ts";

const EAFNOSUPPORT = 97;

async function failure(target: BindTarget, settings: SocketSettings = exclusive, libc?: Libc): Promise<BindError> {
  const error = await bindSocket(target, settings, libc ? { libc } : {}).then(
    (socket) => socket.close(),
    (reason: unknown) => reason,
  );
  if (!(error instanceof BindError)) throw new Error(`expected a BindError, got ${String(error)}`);
  return error;
}

async function withoutIPv6(): Promise<Libc> {
  const libc = await realLibc();
  return {
    ...libc,
    socket: (domain, type, protocol) => (domain === AF_INET6 ? -EAFNOSUPPORT : libc.socket(domain, type, protocol)),
  };
}

/** Starts another process that listens; resolves with its port. */
async function otherListener(): Promise<{ child: ChildProcess; port: number }> {
  const script = `require("node:net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port) })`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill();
  });
  const [line] = await once(child.stdout, "data");
  return { child, port: Number(String(line)) };
}

describe.skipIf(process.platform !== "linux")("binding", () => {
  it("takes a free port for port 0 and says which", async () => {
    for (const host of ["127.0.0.1", "::1"]) {
      const socket = await bound(targetOf(host));
      expect(socket.address).toEqual({ address: host, port: expect.any(Number), family: host === "::1" ? 6 : 4 });
      expect(socket.address.port).toBeGreaterThan(0);
      await socket.accept(greeter());
      expect(await ask(host, socket.address.port)).toBe("hello\r\n");
    }
  });

  it("serves both families on [::]", async () => {
    const socket = await bound(targetOf("::"));
    await socket.accept(greeter());
    expect(socket.readOptions()["ipv6Only"]).toBe(false);
    expect(await ask("::1", socket.address.port)).toBe("hello\r\n");
    expect(await ask("127.0.0.1", socket.address.port)).toBe("hello\r\n");
  });

  it("serves 0.0.0.0 and [::] on one port, each by its own socket, even when ports are not shared", async () => {
    const six = await bound(targetOf("::", 0, true), exclusive);
    const four = await bound(targetOf("0.0.0.0", six.address.port), exclusive);
    await six.accept(greeter("six"));
    await four.accept(greeter("four"));
    expect(await ask("::1", six.address.port)).toBe("six");
    expect(await ask("127.0.0.1", six.address.port)).toBe("four");
  });

  it("shares a port only when told to", async () => {
    const shared = await bound(targetOf("127.0.0.1"), defaults);
    await shared.listen();
    await (await bound(targetOf("127.0.0.1", shared.address.port), defaults)).listen();
    const alone = await bound(targetOf("127.0.0.1"), exclusive);
    await alone.listen();
    expect((await failure(targetOf("127.0.0.1", alone.address.port), defaults)).errno).toBe("EADDRINUSE");
  });

  it("waits for TIME_WAIT to pass when socketReuseAddress is off, and only then", async () => {
    const first = await bound(targetOf("127.0.0.1"), exclusive);
    const { port } = first.address;
    const server = createServer((socket) => socket.end());
    await first.accept(server);
    const client = connect(port, "127.0.0.1").resume();
    const [connection] = await once(server, "connection");
    await Promise.all([once(client, "close"), once(connection.resume(), "close")]);
    first.close();

    const refused = await failure(targetOf("127.0.0.1", port), { ...exclusive, socketReuseAddress: false });
    expect(refused).toMatchObject({ errno: "EADDRINUSE", owner: { state: "time-wait" } });
    expect(refused.hint).toContain("socketReuseAddress");
    const again = await bound(targetOf("127.0.0.1", port), exclusive);
    expect(again.address.port).toBe(port);
  });

  it("falls back to 0.0.0.0 with a warning on a host without IPv6", async () => {
    const socket = await bound(targetOf("::"), { ...defaults, socketTtl: 33 }, { libc: await withoutIPv6() });
    expect(socket.address).toMatchObject({ address: "0.0.0.0", family: 4 });
    expect(socket.warnings).toEqual([{ field: "bind", text: expect.stringMatching(/no IPv6 .*0\.0\.0\.0/) }]);
    await socket.accept(greeter());
    expect(socket.readOptions()).toMatchObject({ socketTtl: 33, ipv6Only: null });
    expect(await ask("127.0.0.1", socket.address.port)).toBe("hello\r\n");
  });

  it("falls back too when IPv6 is there and switched off", async () => {
    const libc = await realLibc();
    const off: Libc = { ...libc, bind: (fd, address) => (address[0] === AF_INET6 ? -99 : libc.bind(fd, address)) };
    const socket = await bound(targetOf("::"), defaults, { libc: off });
    expect(socket.address.address).toBe("0.0.0.0");
  });

  it("does not fall back for one IPv6 address", async () => {
    const error = await failure(targetOf("::1"), defaults, await withoutIPv6());
    expect(error).toMatchObject({ errno: "EAFNOSUPPORT", syscall: "socket", address: "[::1]:0" });
    expect(error.hint).toContain("no IPv6");
  });

  it("says which line to remove when the fallback meets a 0.0.0.0 of the same document", async () => {
    const four = await bound(targetOf("0.0.0.0"), exclusive);
    await four.listen();
    const error = await failure(targetOf("::", four.address.port, true), exclusive, await withoutIPv6());
    expect(error.message).toContain(`Remove [::]:${four.address.port}`);
  });

  it("names the process that has the address", async () => {
    const { child, port } = await otherListener();
    const error = await failure(targetOf("127.0.0.1", port));
    expect(error).toMatchObject({
      code: "bind-failed",
      errno: "EADDRINUSE",
      syscall: "bind",
      address: `127.0.0.1:${port}`,
    });
    expect(error.owner?.pid).toBe(child.pid);
    expect(error.message).toMatch(
      new RegExp(`Cannot listen on 127.0.0.1:${port}: address already in use .*pid ${child.pid}`),
    );
  });

  it("says so when the process itself has the address", async () => {
    const socket = await bound(targetOf("::"), exclusive);
    await socket.listen();
    expect((await failure(targetOf("127.0.0.1", socket.address.port))).hint).toContain("This process itself");
  });

  it("says that an address is not on this host", async () => {
    const error = await failure(targetOf("192.0.2.1"));
    expect(error).toMatchObject({ errno: "EADDRNOTAVAIL", address: "192.0.2.1:0" });
    expect(error.hint).toContain("No network interface of this host has the address 192.0.2.1");
  });

  it("says that an interface is not on this host", async () => {
    expect(await failure(targetOf("fe80::1%nosuch"))).toMatchObject({ errno: "ENODEV" });
  });

  it("says what to do about a privileged port", async () => {
    if (process.getuid?.() === 0 && process.seteuid) {
      process.seteuid(65_534);
      onTestFinished(() => process.seteuid?.(0));
    }
    const error = await failure(targetOf("127.0.0.1", 1));
    expect(error).toMatchObject({ errno: "EACCES", syscall: "bind" });
    for (const way of [
      "setcap",
      "net.ipv4.ip_unprivileged_port_start=1",
      "socket activation",
      "CAP_NET_BIND_SERVICE",
      "--user",
    ]) {
      expect(error.message).toContain(way);
    }
  });

  it("keeps no port of a bind that failed", async () => {
    const taken = await bound(targetOf("127.0.0.1"), exclusive);
    await taken.listen();
    await failure(targetOf("127.0.0.1", taken.address.port));
    taken.close();
    const again = await bound(targetOf("127.0.0.1", taken.address.port), exclusive);
    await again.listen();
    expect(again.address.port).toBe(taken.address.port);
  });
});
