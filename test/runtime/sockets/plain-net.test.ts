import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { ask, bound, connected, defaults, exclusive, greeter, openDescriptors, targetOf, until } from "./loopback.ts";

const plain = { libc: null };

describe("a socket of node:net, where the C library cannot be called", () => {
  it("serves on both families with the default settings, without a warning", async () => {
    const socket = await bound(targetOf("::"), exclusive, plain);
    await socket.listen();
    await socket.accept(greeter());
    expect(socket.warnings).toEqual([]);
    expect(await ask("::1", socket.address.port)).toBe("hello\r\n");
    expect(await ask("127.0.0.1", socket.address.port)).toBe("hello\r\n");
  });

  it("reports each option that was asked for and cannot be had", async () => {
    const settings = {
      ...exclusive,
      socketReuseAddress: false,
      socketTtl: 9,
      socketSendBufferSize: 9000,
      socketReceiveBufferSize: 9000,
      socketTosV4: 8,
      socketNoDelay: false,
    };
    const socket = await bound(targetOf("127.0.0.1"), settings, plain);
    expect(socket.warnings.map(({ field }) => field)).toEqual([
      "socketReuseAddress",
      "socketTtl",
      "socketSendBufferSize",
      "socketReceiveBufferSize",
      "socketTosV4",
    ]);
    for (const { text } of socket.warnings) expect(text).toMatch(/^node:net cannot .*no system calls/);
  });

  it.skipIf(process.platform !== "linux")("shares a port when told to, and not otherwise", async () => {
    const shared = await bound(targetOf("127.0.0.1"), defaults, plain);
    await bound(targetOf("127.0.0.1", shared.address.port), defaults, plain);
    const alone = await bound(targetOf("127.0.0.1"), exclusive, plain);
    await expect(bound(targetOf("127.0.0.1", alone.address.port), defaults, plain)).rejects.toMatchObject({
      code: "bind-failed",
      errno: "EADDRINUSE",
      syscall: "listen",
    });
  });

  it("holds clients while it is suspended and serves them afterwards", async () => {
    const socket = await bound(targetOf("127.0.0.1"), exclusive, plain);
    const first = greeter("first");
    await socket.accept(first);
    expect(await ask("127.0.0.1", socket.address.port)).toBe("first");
    await socket.suspend(first);

    const words = Array.from({ length: 20 }, () => ask("127.0.0.1", socket.address.port));
    await until(() => socket.queued() === 20);
    await socket.accept(greeter("second"));
    expect(await Promise.all(words)).toEqual(Array(20).fill("second"));
    expect(socket.queued()).toBe(0);
  });

  it("hands over what a held client had sent, as the accepting server wants its connections", async () => {
    for (const pauseOnConnect of [false, true]) {
      const socket = await bound(targetOf("127.0.0.1"), exclusive, plain);
      const client = await connected("127.0.0.1", socket.address.port);
      client.end("early");
      await until(() => socket.queued() === 1);
      const server = createServer({ pauseOnConnect, allowHalfOpen: true });
      const arrival = once(server, "connection");
      await socket.accept(server);
      const [connection] = await arrival;
      expect(connection.isPaused()).toBe(pauseOnConnect);
      expect(connection.readableFlowing).toBe(pauseOnConnect ? false : null);
      connection.on("data", (chunk: Buffer) => connection.write(`got ${chunk}`));
      connection.on("end", () => connection.end(", bye"));
      if (pauseOnConnect) connection.resume();
      let text = "";
      for await (const chunk of client.setEncoding("utf8")) text += chunk;
      expect(text).toBe("got early, bye");
    }
  });

  it("notices the reset of a client that nobody reads from, as Node's own servers do", async () => {
    const socket = await bound(targetOf("127.0.0.1"), exclusive, plain);
    const server = createServer();
    await socket.accept(server);
    const arrival = once(server, "connection");
    const client = await connected("127.0.0.1", socket.address.port);
    const [connection] = await arrival;
    const failure = once(connection, "error");
    client.resetAndDestroy();
    expect((await failure)[0]).toMatchObject({ code: "ECONNRESET" });
  });

  it("is what serves, with the reason, in a process that may not load koffi", async () => {
    const script = `
      import { bindSocket } from ${JSON.stringify(new URL("../../../src/runtime/sockets/bind-socket.ts", import.meta.url).href)};
      const target = { host: "127.0.0.1", family: 4, port: 0, text: "127.0.0.1:0", ipv6Only: false };
      const socket = await bindSocket(target, ${JSON.stringify({ ...exclusive, socketTtl: 9 })});
      socket.close();
      process.stdout.write(JSON.stringify(socket.warnings));`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--no-addons",
      "--input-type=module",
      "-e",
      script,
    ]);
    expect(JSON.parse(stdout)).toEqual([
      {
        field: "socketTtl",
        text: expect.stringMatching(/^node:net cannot set a TTL, .*(koffi could not load|need Linux)/),
      },
    ]);
  });

  it("holds no more clients than the backlog", async () => {
    const socket = await bound(targetOf("127.0.0.1"), { ...exclusive, socketBacklog: 2 }, plain);
    await connected("127.0.0.1", socket.address.port);
    await connected("127.0.0.1", socket.address.port);
    await until(() => socket.queued() === 2);
    const third = await connected("127.0.0.1", socket.address.port);
    await once(third.resume(), "close");
    expect(socket.queued()).toBe(2);
  });

  it("changes TCP_NODELAY for the next connections and reports every other change", async () => {
    const socket = await bound(targetOf("127.0.0.1"), exclusive, plain);
    const retuned = socket.applySettings({ ...exclusive, socketNoDelay: false, socketTtl: 5, socketBacklog: 9 });
    expect(retuned.applied).toEqual(["socketNoDelay"]);
    expect(retuned.unsupported.map(({ field }) => field)).toEqual(["socketBacklog", "socketTtl"]);
    expect(socket.readOptions()["socketNoDelay"]).toBe(false);
  });

  it.skipIf(process.platform !== "linux")("refuses clients and leaks nothing once it is closed", async () => {
    const before = openDescriptors();
    const socket = await bound(targetOf("127.0.0.1"), exclusive, plain);
    const client = await connected("127.0.0.1", socket.address.port);
    socket.close();
    socket.close();
    await once(client.resume(), "close");
    await expect(ask("127.0.0.1", socket.address.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(openDescriptors()).toBe(before);
  });

  it("says why an address cannot be bound, like the other kind of socket", async () => {
    await expect(bound(targetOf("192.0.2.1"), exclusive, plain)).rejects.toMatchObject({
      code: "bind-failed",
      errno: "EADDRNOTAVAIL",
      hint: expect.stringContaining("192.0.2.1"),
    });
  });
});
