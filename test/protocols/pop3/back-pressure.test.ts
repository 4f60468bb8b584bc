/** A client that stops reading, over a real socket. */
import { expect, test } from "vitest";
import type { MessageContent } from "../../../src/protocols/mailbox.ts";
import { pop3 } from "../../../src/protocols/pop3/index.ts";
import { runGatehouse } from "../../running-gatehouse.ts";
import { gone, rawClient } from "../../runtime/raw-client.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";
import { alice, oneUser } from "./fixture.ts";

const size = 200_000_000;

/** Alice's one message is huge, and made as it is read. */
function hugeMaildrop(onRead: (octets: number) => void) {
  const memory = new MemoryMailboxes();
  memory.deliver(alice, "Subject: huge\r\n\r\n");
  const line = Buffer.from(`${"x".repeat(62)}\r\n`.repeat(1024));
  const content: MessageContent = {
    size,
    async read(start, end) {
      onRead(end - start);
      return line.subarray(0, end - start);
    },
    close: () => {},
  };
  return {
    open: async (identity: { username: string }) => {
      const account = await memory.open(identity);
      const lock = account.lockMaildrop.bind(account);
      return Object.assign(account, {
        lockMaildrop: async () => Object.assign(await lock(), { content: async () => content }),
      });
    },
  };
}

test("a client that stops reading stops the reading of its message, and gets the rest when it goes on", async () => {
  let read = 0;
  let told: () => void = () => {};
  const mailboxes = hugeMaildrop((octets) => {
    read += octets;
    told();
  });
  const protocol = pop3({ backend: oneUser, mailboxes, authWithoutTls: true });
  const house = await runGatehouse([{ name: "pop3", protocol: "pop3", bind: ["127.0.0.1:0"] }], {
    protocols: [protocol],
  });
  const client = await rawClient(house.port("pop3"));
  client.socket.removeAllListeners("data");
  client.socket.write("USER alice\r\nPASS wonder land \r\nRETR 1\r\nQUIT\r\n");
  client.socket.pause();
  await new Promise<void>((resolve) => {
    told = resolve;
  });
  told = () => {};
  // What the kernel holds for both sides, and the stream's own buffers, fill up; then nothing moves any more.
  const connection = () => house.gatehouse.connections()[0];
  let before = -1;
  await expect
    .poll(
      () => {
        const still = before === read && read > 0;
        before = read;
        return still;
      },
      { interval: 300 },
    )
    .toBe(true);
  expect(read).toBeLessThan(size / 4);
  expect(connection()?.session).toBe("retrieving");

  let received = 0;
  let tail = "";
  client.socket.on("data", (chunk: Buffer) => {
    received += chunk.length;
    tail = (tail + chunk.toString("latin1")).slice(-40);
  });
  client.socket.resume();
  expect(await client.end).toBe("fin");
  expect(read).toBe(size);
  expect(received).toBeGreaterThan(size);
  expect(tail).toMatch(/xx\r\n\.\r\n\+OK Bye\r\n$/);
  client.socket.end();
  await house.event("connection.closed");
  await gone(client);
});
