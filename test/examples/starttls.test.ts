import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { runExample } from "./running-example.ts";

async function greeter() {
  const data = await mkdtemp(join(tmpdir(), "gatehouse-example-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  return runExample("starttls.ts", data);
}

async function ask(socket: Socket, words: string, answer: RegExp): Promise<string> {
  let text = "";
  socket.write(words);
  while (!answer.test(text)) text += String((await once(socket, "data"))[0]);
  return text;
}

test("the STARTTLS example upgrades, and never reads what was sent in clear behind the command", async () => {
  const { port, interrupt } = await greeter();
  const clear = connect(port, "127.0.0.1");
  onTestFinished(() => void clear.destroy());
  expect(await ask(clear, "SECRET\r\n", /Not now\r\n$/)).toContain("NAME, SECRET, STARTTLS or QUIT?");
  expect(await ask(clear, "STARTTLS\r\nQUIT\r\n", /\r\n$/)).toBe("Go ahead\r\n");
  const secure = connectTls({ socket: clear, rejectUnauthorized: false });
  await once(secure, "secureConnect");
  expect(await ask(secure, "SECRET\r\n", /\r\n$/)).toBe("Nobody else reads this\r\n");
  expect(await ask(secure, "QUIT\r\n", /\r\n$/)).toBe("Goodbye\r\n");
  expect(await interrupt()).toBe(0);
});

test("the STARTTLS example closes on a line without end", async () => {
  const { port, interrupt } = await greeter();
  const socket = connect(port, "127.0.0.1");
  socket.resume();
  socket.write("x".repeat(1_000));
  await once(socket, "end");
  expect(await interrupt()).toBe(0);
});
