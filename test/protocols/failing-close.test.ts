/** Mailboxes of an embedder's whose `close()` fails when the session is over already. */
import { expect, test } from "vitest";
import { imap, type Mailboxes, manageSieve, pop3 } from "../../src/index.ts";
import { MemoryMailboxes } from "./memory-mailbox.ts";
import { MemoryWire, secureFacts } from "./memory-wire.ts";

const alice = { username: "alice@example.com", roles: [] };

function closingBy(close: () => unknown): Mailboxes {
  const kept = new MemoryMailboxes();
  return {
    open: async (identity) => {
      const account = await kept.open(identity);
      return new Proxy(account, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          if (name === "close") return close;
          return typeof member === "function" ? member.bind(target) : member;
        },
      });
    },
  };
}

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
      const wire = new MemoryWire(protocols[name]({ backend, mailboxes: closingBy(close) }), { tls: secureFacts });
      await wire.greet();
      await wire.send(logIns[name]);
      wire.close("peer-reset");
      await expect
        .poll(() => wire.notices.filter(({ type }) => type === "session.backendFailed"))
        .toMatchObject([{ operation: "mailboxes", error: { message: "mine" } }]);
    },
  );
