import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Libc } from "../../../src/runtime/sockets/libc.ts";
import {
  ask,
  bound,
  connected,
  defaults,
  exclusive,
  greeter,
  openDescriptors,
  realLibc,
  targetOf,
  until,
} from "./loopback.ts";

const hasSs = process.env["CI"] !== undefined || works("ss", ["-V"]);

function works(program: string, args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function sendQueue(port: number): number {
  const line = execFileSync("ss", ["-H", "-ltn", `sport = :${port}`], { encoding: "utf8" });
  return Number(line.trim().split(/\s+/)[2]);
}

describe.skipIf(process.platform !== "linux")("listening socket", () => {
  it("refuses clients until it listens", async () => {
    const socket = await bound(targetOf("127.0.0.1"));
    await expect(ask("127.0.0.1", socket.address.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await socket.listen();
    await connected("127.0.0.1", socket.address.port);
    await until(() => socket.queued() === 1);
  });

  it.skipIf(!hasSs)("has the backlog that was asked for, under Node's server and after a change", async () => {
    const socket = await bound(targetOf("127.0.0.1"), { ...defaults, socketBacklog: 23 });
    await socket.listen();
    expect(sendQueue(socket.address.port)).toBe(23);
    const server = greeter();
    await socket.accept(server);
    expect(sendQueue(socket.address.port)).toBe(23);
    expect(socket.applySettings({ ...defaults, socketBacklog: 700 }).applied).toEqual(["socketBacklog"]);
    expect(sendQueue(socket.address.port)).toBe(700);
    await socket.suspend(server);
    await socket.accept(greeter());
    expect(sendQueue(socket.address.port)).toBe(700);
  });

  it("serves everyone who connected while it was suspended, and resets nobody", async () => {
    const socket = await bound(targetOf("127.0.0.1"));
    const { port } = socket.address;
    const first = greeter("first");
    await socket.accept(first);
    expect(await ask("127.0.0.1", port)).toBe("first");
    await socket.suspend(first);
    expect(first.listening).toBe(false);

    const clients = await Promise.all(Array.from({ length: 100 }, () => connected("127.0.0.1", port)));
    await until(() => socket.queued() === 100);
    const words = clients.map(async (client) => {
      let text = "";
      for await (const chunk of client.setEncoding("utf8")) text += chunk;
      return text;
    });
    await socket.accept(greeter("second"));
    expect(await Promise.all(words)).toEqual(Array(100).fill("second"));
    expect(socket.queued()).toBe(0);
  });

  it("leaves established connections alone when it is suspended, and closed", async () => {
    const socket = await bound(targetOf("127.0.0.1"));
    const server = createServer((connection) => connection.pipe(connection));
    await socket.accept(server);
    const client = await connected("127.0.0.1", socket.address.port);
    client.write("one");
    expect(String((await once(client, "data"))[0])).toBe("one");
    await socket.suspend(server);
    client.write("two");
    expect(String((await once(client, "data"))[0])).toBe("two");
    socket.close();
    client.write("three");
    expect(String((await once(client, "data"))[0])).toBe("three");
    client.end();
    await once(client, "close");
  });

  it("gives the same server its turn again and again", async () => {
    const socket = await bound(targetOf("127.0.0.1"));
    const server = greeter();
    for (let turn = 0; turn < 20; turn++) {
      await socket.accept(server);
      expect(await ask("127.0.0.1", socket.address.port)).toBe("hello\r\n");
      await socket.suspend(server);
    }
    expect(server.listenerCount("error")).toBe(0);
  });

  it("lets a second server accept before the first one stops", async () => {
    const socket = await bound(targetOf("127.0.0.1"));
    const [old, next] = [greeter("old"), greeter("new")];
    await socket.accept(old);
    await socket.accept(next);
    await socket.suspend(old);
    expect(await ask("127.0.0.1", socket.address.port)).toBe("new");
  });

  it.each(["127.0.0.1", "::1"])(
    "loses none of those who wait when it is to queue no more clients: %s",
    async (host) => {
      const socket = await bound(targetOf(host));
      const { port } = socket.address;
      await socket.listen();
      const waiting = Array.from({ length: 5 }, () => ask(host, port));
      await until(() => socket.queued() === 5);
      expect(socket.queueNoMore()).toBe(true);
      const late = ask(host, port);
      late.catch(() => {});

      await socket.accept(greeter());
      expect(await Promise.all(waiting)).toEqual(Array(5).fill("hello\r\n"));
      expect(socket.queued()).toBe(0);
      socket.close();
      await expect(late).rejects.toMatchObject({ code: "ECONNREFUSED" });
    },
  );

  it("ends all accepting when it is closed, once", async () => {
    const socket = await bound(targetOf("127.0.0.1"));
    const server = greeter();
    await socket.accept(server);
    socket.close();
    socket.close();
    await expect(ask("127.0.0.1", socket.address.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("makes no system call after it was closed", async () => {
    const calls: PropertyKey[] = [];
    const recording = new Proxy(await realLibc(), {
      get: (libc, name, receiver) => {
        calls.push(name);
        return Reflect.get(libc, name, receiver);
      },
    });
    const socket = await bound(targetOf("127.0.0.1"), defaults, { libc: recording });
    const server = greeter();
    await socket.accept(server);
    socket.close();
    expect(calls.splice(0).filter((name) => name === "close")).toHaveLength(1);

    socket.close();
    await socket.suspend(server);
    await expect(socket.listen()).rejects.toMatchObject({ code: "descriptor-closed" });
    await expect(socket.accept(greeter())).rejects.toMatchObject({ code: "descriptor-closed" });
    expect(() => socket.applySettings({ ...defaults, socketTtl: 9 })).toThrow(/Bind the address again/);
    expect(() => socket.readOptions()).toThrow(/closed/);
    expect(calls).toEqual([]);
  });

  it("takes its duplicate back from a server that cannot take it", async () => {
    const socket = await bound(targetOf("127.0.0.1"));
    const busy = greeter().listen(0, "127.0.0.1");
    onTestFinished(() => {
      busy.close();
    });
    await once(busy, "listening");
    const before = openDescriptors();
    await expect(socket.accept(busy)).rejects.toMatchObject({ code: "accept-failed" });
    expect(openDescriptors()).toBe(before);
    expect(busy.listening).toBe(true);
  });

  it("closes a duplicate exactly once when the kernel refuses Node's listen", async () => {
    const libc = await realLibc();
    // Two sockets may be bound to one address while neither listens; the second to listen is refused.
    const holder = await bound(targetOf("127.0.0.1"), exclusive);
    const closed: number[] = [];
    const recording: Libc = {
      ...libc,
      listen: () => 0,
      close: (fd) => {
        closed.push(fd);
        return libc.close(fd);
      },
    };
    const socket = await bound(targetOf("127.0.0.1", holder.address.port), exclusive, { libc: recording });
    await holder.listen();
    const before = openDescriptors();
    await expect(socket.accept(greeter())).rejects.toMatchObject({
      code: "accept-failed",
      cause: { code: "EADDRINUSE" },
    });
    expect(openDescriptors()).toBe(before);
    expect(closed).toEqual([]);
  });

  it("says who was first when two sockets are bound to one address and both want to listen", async () => {
    const first = await bound(targetOf("127.0.0.1"), exclusive);
    const second = await bound(targetOf("127.0.0.1", first.address.port), exclusive);
    await first.listen();
    await expect(second.listen()).rejects.toMatchObject({
      code: "bind-failed",
      errno: "EADDRINUSE",
      syscall: "listen",
      owner: { pid: process.pid },
    });
  });

  it("is not inherited by child processes, and neither is Node's duplicate", async () => {
    const libc = await realLibc();
    const made: number[] = [];
    const noted = (fd: number): number => {
      made.push(fd);
      return fd;
    };
    const recording: Libc = {
      ...libc,
      socket: (domain, type, protocol) => noted(libc.socket(domain, type, protocol)),
      duplicate: (fd) => noted(libc.duplicate(fd)),
    };
    const socket = await bound(targetOf("127.0.0.1"), defaults, { libc: recording });
    await socket.accept(greeter());
    expect(made).toHaveLength(2);
    for (const fd of made) {
      const flags = /flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "0";
      expect(Number.parseInt(flags, 8) & 0o2004000).toBe(0o2004000);
    }
  });

  it("leaks no descriptor, however often it is bound, suspended, failed and closed", async () => {
    const round = async (): Promise<void> => {
      const socket = await bound(targetOf("127.0.0.1"), exclusive);
      const server = greeter();
      await socket.accept(server);
      await ask("127.0.0.1", socket.address.port);
      await socket.suspend(server);
      await socket.accept(greeter());
      await expect(bound(targetOf("127.0.0.1", socket.address.port), exclusive)).rejects.toThrow(/EADDRINUSE/);
      await expect(bound(targetOf("192.0.2.1"))).rejects.toThrow(/EADDRNOTAVAIL/);
      socket.close();
    };
    await round();
    const before = openDescriptors();
    for (let turn = 0; turn < 20; turn++) await round();
    expect(openDescriptors()).toBe(before);
  });
});
