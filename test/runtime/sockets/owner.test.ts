import { once } from "node:events";
import { createServer } from "node:net";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  findPortOwner,
  findShared,
  listeningSockets,
  parseSocketEntry,
  type TcpSocketEntry,
} from "../../../src/runtime/sockets/owner.ts";

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   999        0 21563 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0CEA 0100007F:D431 06 00000000:00000000 03:00000A2B 00000000     0        0 0 3 0000000000000000
`;
const table6 = `   0: 00000000000000000000000001000000:0019 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:0019 0000000000000000FFFF00000100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 8 1 0 100 0 0 10 0
`;

function entriesOf(text: string): TcpSocketEntry[] {
  return text.split("\n").flatMap((line) => parseSocketEntry(line) ?? []);
}

describe("owner of a port", () => {
  it("reads the kernel's tables", () => {
    expect(entriesOf(table)).toEqual([
      { address: "127.0.0.1", port: 3306, state: 10, uid: 999, inode: 21563 },
      { address: "127.0.0.1", port: 3306, state: 6, uid: 0, inode: 0 },
    ]);
    expect(entriesOf(table6)).toEqual([
      { address: "::1", port: 25, state: 10, uid: 0, inode: 7 },
      { address: "127.0.0.1", port: 25, state: 1, uid: 0, inode: 8 },
    ]);
  });

  it("skips whatever is not an entry", () => {
    fc.assert(fc.property(fc.string(), (text) => parseSocketEntry(text) === null));
  });

  it("reads no further than the sockets that listen, which come first", async () => {
    let read = 0;
    async function* entries() {
      for (const entry of [...entriesOf(table), ...entriesOf(table)]) {
        read += 1;
        yield entry;
      }
    }
    expect(await listeningSockets(entries())).toEqual(entriesOf(table).slice(0, 1));
    expect(read).toBe(2);
  });

  it.skipIf(process.platform !== "linux")(
    "names the process that listens, on this address or on all of them",
    async () => {
      const server = createServer().listen(0, "127.0.0.1");
      onTestFinished(() => {
        server.close();
      });
      await once(server, "listening");
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      const owner = { pid: process.pid, state: "listening", uid: process.getuid?.() };
      expect(await findPortOwner("127.0.0.1", port)).toMatchObject(owner);
      expect(await findPortOwner("0.0.0.0", port)).toMatchObject(owner);
      expect(await findPortOwner("::", port)).toMatchObject(owner);
      // Somebody else may have it there.
      expect((await findPortOwner("127.0.0.2", port))?.pid).not.toBe(process.pid);
      const shared = await findShared([
        { address: "127.0.0.1", port },
        { address: "0.0.0.0", port: 0 },
      ]);
      expect(shared).toMatchObject([{ address: "127.0.0.1", port, owner }]);
    },
  );
});
