/** Mailboxes of an embedder's whose `close()` fails when the session is over already. */
import { expect, test } from "vitest";
import { imap, manageSieve, pop3 } from "../../src/index.ts";
import { faultyMailboxes } from "./faulty-mailboxes.ts";
import { MemoryMailboxes } from "./memory-mailbox.ts";
import { MemoryWire, secureFacts } from "./memory-wire.ts";

const alice = { username: "alice@example.com", roles: [] };

const protocols = { imap, pop3, manageSieve };
const logIns = {
  imap: "a LOGIN alice right\r\n",
  pop3: "USER alice\r\nPASS right\r\n",
  manageSieve: `AUTHENTICATE "PLAIN" "${Buffer.from("\0alice\0right").toString("base64")}"\r\n`,
};
const failing: [how: string, close: () => unknown][] = [
  [
    "throws",
    () => {
      throw new Error("mine");
    },
  ],
  ["rejects", () => Promise.reject(new Error("mine"))],
];

for (const [how, close] of failing)
  test.each(["imap", "pop3", "manageSieve"] as const)(
    `a close() that ${how} after %s is reported, and goes no further`,
    async (name) => {
      const backend = { authenticate: async () => alice };
      const mailboxes = faultyMailboxes(new MemoryMailboxes(), () => ({ "account.close": close }));
      const wire = new MemoryWire(protocols[name]({ backend, mailboxes }), { tls: secureFacts });
      await wire.greet();
      await wire.send(logIns[name]);
      wire.close("peer-reset");
      await expect
        .poll(() => wire.notices.filter(({ type }) => type === "session.backendFailed"))
        .toMatchObject([{ operation: "mailboxes", error: { message: "mine" } }]);
    },
  );
