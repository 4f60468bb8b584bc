/** Gatehouse with IMAP and POP3 over TLS, and a mailbox of many messages in its own store. */
import { Readable } from "node:stream";
import { AccountDirectory, createGatehouse, imap, mailboxBackend, openStore, pop3 } from "../../src/index.ts";
import { messageAt, owner, password } from "../load/mailbox.ts";
import { answer } from "./answers.ts";

export interface ImapVariant {
  readonly directory: string;
  /** PEM with key and certificate. */
  readonly certificate: string;
  readonly messages: number;
}

const variant = JSON.parse(process.argv[2] ?? "{}") as ImapVariant;
const store = await openStore(variant.directory);
const recipients = [{ account: owner, address: owner }];
const together = 200;
for (let from = 0; from < variant.messages; from += together) {
  const indexes = Array.from({ length: Math.min(together, variant.messages - from) }, (_, index) => from + index);
  await Promise.all(
    indexes.map((index) => {
      const body = Readable.from([messageAt(index)], { objectMode: false });
      return store.deliver({ sender: "sender@localhost", recipients, body });
    }),
  );
}

const accounts = new AccountDirectory([{ address: owner, secret: password, roles: [] }]);
const backend = mailboxBackend({ store, accounts: () => accounts, hostname: "localhost" });
const { mailboxes } = store;
const file = { "@type": "File", filePath: variant.certificate } as const;
const gatehouse = createGatehouse({
  config: {
    SystemSettings: { defaultHostname: "localhost" },
    Certificate: { main: { certificate: file, privateKey: file } },
    NetworkListener: [
      { name: "imaps", protocol: "imap", bind: ["127.0.0.1:0"], tlsImplicit: true },
      { name: "pop3s", protocol: "pop3", bind: ["127.0.0.1:0"], tlsImplicit: true },
    ],
  },
  backend,
  mailboxes,
  protocols: [imap({ backend, mailboxes }), pop3({ backend, mailboxes })],
});
await gatehouse.start();
const ports = Object.fromEntries(gatehouse.listeners().map(({ name, addresses }) => [name, addresses[0]?.port ?? 0]));
answer(ports["imaps"] ?? 0, { ports: () => ports });
