import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { Libc } from "../../../src/runtime/sockets/libc.ts";
import { readSocketOptions, type SocketSettings } from "../../../src/runtime/sockets/options.ts";
import { bound, connected, defaults, realLibc, targetOf } from "./loopback.ts";

const asked: SocketSettings = {
  socketReuseAddress: true,
  socketReusePort: true,
  socketBacklog: 37,
  socketTtl: 77,
  socketSendBufferSize: 50_000,
  socketReceiveBufferSize: 60_000,
  socketTosV4: 0x28,
  socketNoDelay: true,
};

/** The other value of everything that has one. */
const opposite: SocketSettings = {
  ...asked,
  socketReuseAddress: false,
  socketReusePort: false,
  socketTtl: 255,
  socketTosV4: 0x48,
  socketNoDelay: false,
};

function inKernel(settings: SocketSettings): Record<string, unknown> {
  return {
    ...settings,
    socketSendBufferSize: 2 * (settings.socketSendBufferSize ?? 0),
    socketReceiveBufferSize: 2 * (settings.socketReceiveBufferSize ?? 0),
  };
}

async function nextConnection(server: Server): Promise<Socket> {
  const [socket] = await once(server, "connection");
  return socket;
}

/** Node keeps the number to itself; to read options it takes the number. */
function descriptorOf(socket: Socket): number {
  return Reflect.get(Reflect.get(socket, "_handle"), "fd");
}

describe.skipIf(process.platform !== "linux")("socket options", () => {
  for (const [host, client] of [
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "::1"],
    ["::", "::1"],
    ["::", "127.0.0.1"],
  ] as const) {
    for (const settings of [asked, opposite]) {
      const title = settings === asked ? "all on" : "reuse and no-delay off";
      it(`are in force on a socket bound to ${host} and on one accepted from ${client}, ${title}`, async () => {
        const libc = await realLibc();
        const socket = await bound(targetOf(host), settings);
        const server = createServer();
        await socket.accept(server);
        expect(socket.warnings).toEqual([]);
        const hops = host === "127.0.0.1" ? null : settings.socketTtl;
        expect(socket.readOptions()).toMatchObject({ ...inKernel(settings), ipv6UnicastHops: hops });

        const [accepted] = await Promise.all([nextConnection(server), connected(client, socket.address.port)]);
        expect(readSocketOptions(libc, descriptorOf(accepted))).toMatchObject({
          ...inKernel({ ...settings, socketBacklog: null }),
          ipv6UnicastHops: hops,
        });
        accepted.destroy();
      });
    }
  }

  it("leave to the kernel what the settings leave open", async () => {
    const libc = await realLibc();
    const fd = libc.socket(2, 1, 0);
    const pristine = readSocketOptions(libc, fd);
    libc.close(fd);
    const socket = await bound(targetOf("127.0.0.1"), { ...defaults, socketBacklog: null });
    await socket.listen();
    const { socketTtl, socketSendBufferSize, socketReceiveBufferSize, socketTosV4 } = pristine;
    expect(socket.readOptions()).toMatchObject({
      socketTtl,
      socketSendBufferSize,
      socketReceiveBufferSize,
      socketTosV4,
      socketBacklog: 1024,
    });
  });

  it("that the kernel cuts to its limits are reported with what it made of them", async () => {
    const settings = {
      ...defaults,
      socketBacklog: 2_000_000_000,
      socketReceiveBufferSize: 2_000_000_000,
      socketSendBufferSize: 1,
      socketTosV4: 0x2b,
    };
    const socket = await bound(targetOf("127.0.0.1"), settings);
    expect(socket.warnings.map(({ field }) => field)).toEqual([
      "socketSendBufferSize",
      "socketReceiveBufferSize",
      "socketTosV4",
      "socketBacklog",
    ]);
    expect(socket.warnings[1]?.text).toMatch(/SO_RCVBUF \d+ instead of 2000000000: .*net\.core\.rmem_max/);
    expect(socket.warnings[2]?.text).toMatch(/IP_TOS 40 instead of 43/);
  });

  it("change on the live socket, and go back to the kernel's own values", async () => {
    const libc = await realLibc();
    let descriptor = -1;
    const noting: Libc = {
      ...libc,
      bind: (fd, address) => {
        descriptor = fd;
        return libc.bind(fd, address);
      },
    };
    const socket = await bound(targetOf("::"), defaults, { libc: noting });
    const server = createServer();
    await socket.accept(server);
    const before = socket.readOptions();

    const changed = { ...asked, socketReuseAddress: false, socketNoDelay: false };
    const fields = Object.keys(defaults).filter((field) => field !== "socketReusePort");
    const retuned = socket.applySettings(changed);
    expect(retuned.unsupported).toEqual([]);
    expect(retuned.applied.toSorted()).toEqual(fields.toSorted());
    expect(socket.readOptions()).toMatchObject({ ...inKernel(changed), ipv6UnicastHops: 77 });

    const [accepted] = await Promise.all([nextConnection(server), connected("127.0.0.1", socket.address.port)]);
    expect(readSocketOptions(libc, descriptorOf(accepted))).toMatchObject({
      socketTtl: 77,
      socketReceiveBufferSize: 120_000,
    });
    accepted.destroy();

    expect(socket.applySettings(changed)).toEqual({ applied: [], unsupported: [] });
    expect(socket.applySettings(defaults).unsupported).toEqual([]);
    expect(socket.readOptions()).toEqual(before);
    // SO_BUF_LOCK: neither size is pinned any more, so both grow as needed again.
    const pinned = Buffer.alloc(4, 0xff);
    libc.getsockopt(descriptor, { level: 1, option: 72 }, pinned);
    expect(pinned.readInt32LE()).toBe(0);
  });

  it("report that a shared port cannot be made exclusive while it is bound", async () => {
    const socket = await bound(targetOf("127.0.0.1"), defaults);
    await socket.listen();
    const retuned = socket.applySettings({ ...defaults, socketReusePort: false });
    expect(retuned.applied).toEqual([]);
    expect(retuned.unsupported).toMatchObject([{ field: "socketReusePort" }]);
  });

  it("let an exclusive port be shared from then on", async () => {
    const socket = await bound(targetOf("127.0.0.1"), { ...defaults, socketReusePort: false });
    await socket.listen();
    expect(socket.applySettings(defaults).applied).toEqual(["socketReusePort"]);
    const second = await bound(targetOf("127.0.0.1", socket.address.port), defaults);
    await second.listen();
    expect(second.address.port).toBe(socket.address.port);
  });
});
