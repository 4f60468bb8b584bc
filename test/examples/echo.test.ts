import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { runExample } from "./running-example.ts";

test("the echo example sends back what it gets, and ends by SIGINT", async () => {
  const echo = await runExample("echo.ts");
  const socket = connect(echo.port, "127.0.0.1");
  await once(socket, "connect");
  socket.end("Hello, listener!\n");
  expect(await text(socket)).toBe("Hello, listener!\n");
  expect(await echo.interrupt()).toBe(0);
});

test("the echo example echoes a megabyte to a peer that reads late", async () => {
  const echo = await runExample("echo.ts");
  const socket = connect(echo.port, "127.0.0.1");
  const sent = Buffer.alloc(1_048_576, "gatehouse ");
  socket.pause();
  await new Promise<void>((resolve) => socket.write(sent.subarray(0, 1024), () => resolve()));
  socket.end(sent.subarray(1024));
  expect(Buffer.from(await text(socket)).equals(sent)).toBe(true);
});
