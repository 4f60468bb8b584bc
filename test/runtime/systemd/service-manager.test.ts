/** What systemd hears, by a receiver of its own: on a path and on an abstract name. */
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createGatehouse, ServiceManager } from "../../../src/index.ts";
import { NotifySocket } from "../../../src/runtime/systemd/notify-socket.ts";
import { temporaryDirectory } from "../../mailbox/temporary-directory.ts";
import { documentFile, gatehouse, serve } from "../../real/command.ts";
import { installed } from "../../real/programs.ts";
import { realLibc } from "../sockets/loopback.ts";
import { notifyReceiver } from "./notify-receiver.ts";

const document = [{ name: "smtp", bind: ["127.0.0.1:0"] }];
const microseconds = () => process.hrtime.bigint() / 1_000n;

test("without NOTIFY_SOCKET nobody is told, and nothing is needed for it", async () => {
  const manager = await ServiceManager.find({});
  manager.failed(new Error("nobody hears this"));
  manager.close();
});

test("the variables are taken away, so that no child speaks for the server", async () => {
  const environment = { NOTIFY_SOCKET: "@gatehouse-nobody", WATCHDOG_USEC: "1000", WATCHDOG_PID: "1", HOME: "/" };
  const manager = await ServiceManager.find(environment);
  expect(environment).toEqual({ HOME: "/" });
  manager.close();
});

test.each(["relative/path", "vsock:2:1234", "/", `/${"x".repeat(108)}`])(
  "NOTIFY_SOCKET=%s is no socket, and that is said",
  async (path) => {
    await expect(ServiceManager.find({ NOTIFY_SOCKET: path })).rejects.toThrow(/NOTIFY_SOCKET|UNIX socket/);
  },
);

test.skipIf(!installed("python3"))("more than the receiver's queue holds arrives all the same, in order", async () => {
  const receiver = await notifyReceiver(`@gatehouse-test-${process.pid}-queue`);
  const socket = new NotifySocket(await realLibc(), receiver.path);
  for (let number = 0; number < 500; number += 1) socket.send({ X_NUMBER: number, STATUS: "one\ntwo" });
  expect(await receiver.until({ X_NUMBER: "499" })).toEqual({ X_NUMBER: "499", STATUS: "one two" });
  expect(receiver.received.map(({ X_NUMBER }) => Number(X_NUMBER))).toEqual(Array.from({ length: 500 }, (_, n) => n));
  socket.close();
});

describe.skipIf(!installed("python3")).each(["a path", "an abstract name"])("a server told of on %s", (kind) => {
  const pathIn = () =>
    kind === "a path" ? join(temporaryDirectory(), "notify") : `@gatehouse-test-${process.pid}-${Math.random()}`;

  test("says when it runs, reloads, has reloaded and stops, as Type=notify-reload wants it", async () => {
    const receiver = await notifyReceiver(pathIn());
    const server = await serve(document, undefined, { env: { NOTIFY_SOCKET: receiver.path, WATCHDOG_USEC: "100000" } });
    expect(await receiver.until({ READY: "1" })).toEqual({ READY: "1", STATUS: "Running with 1 listener" });
    await receiver.until({ WATCHDOG: "1" });

    const before = receiver.received.length;
    const asked = microseconds();
    server.kill("SIGHUP");
    const reloading = await receiver.until({ RELOADING: "1" }, before);
    expect(BigInt(reloading["MONOTONIC_USEC"] ?? 0)).toBeGreaterThanOrEqual(asked);
    expect(BigInt(reloading["MONOTONIC_USEC"] ?? 0)).toBeLessThanOrEqual(microseconds());
    expect(await receiver.until({ READY: "1" }, before)).toMatchObject({ STATUS: "Running with document 2" });

    const stopping = receiver.until({ STOPPING: "1" });
    server.kill("SIGTERM");
    expect(await stopping).toEqual({
      STOPPING: "1",
      STATUS: "Draining 0 connections",
      EXTEND_TIMEOUT_USEC: "45000000",
    });
    expect(await server.end).toEqual([0, null]);
  });

  test("says of a document that cannot be read that it reloaded and runs on", async () => {
    const receiver = await notifyReceiver(pathIn());
    const server = await serve(document, undefined, { env: { NOTIFY_SOCKET: receiver.path } });
    await documentFile("[{]", join(server.file, ".."));
    server.kill("SIGHUP");
    await receiver.until({ RELOADING: "1" });
    const before = receiver.received.findIndex(({ RELOADING }) => RELOADING === "1");
    const ready = await receiver.until({ READY: "1" }, before);
    expect(ready["STATUS"]).toMatch(/^Running; a document was rejected: /);
  });
});

test.skipIf(!installed("python3"))("a failed start says why, with its errno, before the process ends", async () => {
  const receiver = await notifyReceiver(join(temporaryDirectory(), "notify"));
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const address = taken.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const file = await documentFile([{ name: "smtp", bind: [`127.0.0.1:${port}`] }]);
  const env = { NOTIFY_SOCKET: receiver.path };
  expect((await gatehouse(["serve", "--config", file], { env })).code).toBe(3);
  const failed = await receiver.until({ ERRNO: "98" });
  expect(failed["STATUS"]).toContain(`Cannot listen on 127.0.0.1:${port}`);

  const before = receiver.received.length;
  const broken = await documentFile("[{]");
  expect((await gatehouse(["serve", "--config", broken], { env })).code).toBe(1);
  const invalid = await receiver.until({}, before);
  expect(invalid["STATUS"]).toMatch(/gatehouse\.json/);
  expect(receiver.received.some(({ READY }) => READY === "1")).toBe(false);
  taken.close();
});

test("a server whose service manager has gone serves on", async () => {
  const manager = await ServiceManager.find({ NOTIFY_SOCKET: join(temporaryDirectory(), "nobody") });
  const server = createGatehouse({ config: document, backend: {}, dataDirectory: temporaryDirectory() });
  manager.follow(server);
  await server.start();
  expect(server.state).toBe("running");
  await server.stop();
  manager.close();
});
