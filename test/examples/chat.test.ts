import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { runExample } from "./running-example.ts";

async function guest(port: number) {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  return { socket, line: async () => (await lines.next()).value };
}

test("the chat example tells each guest what the others say, and says goodbye to all when it is interrupted", async () => {
  const chat = await runExample("chat.ts");
  const anna = await guest(chat.port);
  expect(await anna.line()).toBe("Welcome, guest1. 1 here.");
  const ben = await guest(chat.port);
  expect(await ben.line()).toBe("Welcome, guest2. 2 here.");
  expect(await anna.line()).toBe("* guest2 has come");

  anna.socket.write("Hello\r\nAre you ");
  anna.socket.write("there?\n");
  expect([await ben.line(), await ben.line()]).toEqual(["guest1: Hello", "guest1: Are you there?"]);

  const silent = await guest(chat.port);
  await silent.line();
  silent.socket.pause();
  expect(await anna.line()).toBe("* guest3 has come");
  silent.socket.destroy();
  expect(await anna.line()).toBe("* guest3 has gone");

  const status = chat.interrupt();
  expect(await anna.line()).toBe("* The room closes. Goodbye.");
  anna.socket.end();
  ben.socket.end();
  expect(await status).toBe(0);
});

test("the chat example closes on a guest whose line does not end", async () => {
  const chat = await runExample("chat.ts");
  const { socket } = await guest(chat.port);
  socket.write("x".repeat(2_000));
  await once(socket, "end");
  await chat.interrupt();
});
