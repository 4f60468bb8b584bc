import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { startImapServer } from "./imap-server.ts";
import { ann } from "./mail-server.ts";

const megabyte = 1_048_576;
const size = 50 * megabyte;

/** Reads up to a tagged answer. @returns how many octets there were. */
async function answered(socket: Socket, tag: string): Promise<number> {
  let octets = 0;
  let tail = "";
  for (;;) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    octets += chunk.length;
    tail = (tail + chunk.toString("latin1")).slice(-200);
    if (new RegExp(`(^|\\n)${tag} OK[^\\n]*\\r\\n$`).test(tail)) return octets;
  }
}

describe("a client that reads slowly", () => {
  test("gets a message of 50 MB whole, and no more of it than it reads is read from the store", async () => {
    const server = await startImapServer();
    const line = `${"x".repeat(1022)}\r\n`;
    const message = function* () {
      yield Buffer.from("Subject: large\r\n\r\n");
      for (let sent = 0; sent < size; sent += 64 * line.length) yield Buffer.from(line.repeat(64));
    };
    await server.account.append("INBOX", { body: Readable.from(message()) });
    const socket = connect(server.portFor("clear"), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    await once(socket, "data");
    socket.write(`a LOGIN ${ann.address} "${ann.password}"\r\n`);
    await answered(socket, "a");
    socket.write("b SELECT INBOX\r\n");
    await answered(socket, "b");

    socket.pause();
    socket.write("c FETCH 1 BODY.PEEK[]\r\n");
    const written = () => server.gatehouse.connections()[0]?.bytesWritten ?? 0;
    // What the kernel takes for both ends, and then nothing, however long the client waits.
    await expect.poll(() => written(), { interval: 20 }).toBeGreaterThan(megabyte / 4);
    let before = -1;
    await expect
      .poll(
        () => {
          const same = written() === before;
          before = written();
          return same;
        },
        { interval: 200 },
      )
      .toBe(true);
    expect(before).toBeLessThan(size / 2);
    socket.resume();
    expect(await answered(socket, "c")).toBeGreaterThan(size);
    expect(server.gatehouse.connections()[0]?.session).toBe("selected");
  });
});
