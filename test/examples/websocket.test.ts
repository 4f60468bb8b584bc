import { once } from "node:events";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { runExample } from "./running-example.ts";

test("the example with ws echoes, and says that it is going away when it is stopped", async () => {
  const { port, interrupt } = await runExample("websocket.ts");
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  const next = async () => String((await once(socket, "message"))[0]);
  expect(await next()).toBe("Hello 127.0.0.1");
  socket.send("well");
  expect(await next()).toBe("well");
  const closed = once(socket, "close");
  const status = interrupt();
  expect((await closed)[0]).toBe(1001);
  expect(await status).toBe(0);
});
