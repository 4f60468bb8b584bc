/** A Gatehouse that real IMAP clients talk to, in the three TLS modes, with the mail of one account. */
import { join } from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { AccountDirectory, imap, mailboxBackend, openStore } from "../../src/index.ts";
import type { AccountMail } from "../../src/protocols/mailbox.ts";
import { described } from "../mailbox/described.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { ann, type TlsMode } from "./mail-server.ts";

export interface ImapServer extends RunningGatehouse {
  /** The port for a TLS mode; clear and STARTTLS share one. */
  portFor(mode: TlsMode): number;
  /** The certificate in PEM, for clients to trust; valid for `localhost` and `127.0.0.1`. */
  readonly certificateFile: string;
  /** Ann's mail, as another session sees it. */
  readonly account: AccountMail;
  /** Brings a message into Ann's INBOX. */
  deliver(message: string): Promise<void>;
  /** Subjects of a mailbox's messages with their flags, in order: `Hello: \Seen`. */
  contents(mailbox: string): Promise<string[]>;
}

/** Over the default mailbox, in a store that the test has a hand in, too. Mail comes by SMTP as well. */
export async function startImapServer(): Promise<ImapServer> {
  const data = temporaryDirectory();
  const store = await openStore(data);
  const accounts = new AccountDirectory([{ address: ann.address, secret: ann.password, roles: [] }]);
  const backend = mailboxBackend({ store, accounts: () => accounts, hostname: "localhost" });
  const { mailboxes } = store;
  const running = await runGatehouse(
    {
      SystemSettings: { defaultHostname: "localhost" },
      NetworkListener: [
        { name: "smtp", bind: ["127.0.0.1:0"] },
        { name: "imap", protocol: "imap", bind: ["127.0.0.1:0"] },
        { name: "imaps", protocol: "imap", bind: ["127.0.0.1:0"], tlsImplicit: true },
      ],
    },
    {
      dataDirectory: data,
      backend,
      mailboxes,
      protocols: [imap({ backend, mailboxes, authWithoutTls: true })],
    },
  );
  const account = await mailboxes.open({ username: ann.address, roles: [] });
  onTestFinished(async () => {
    await running.gatehouse.stop({ wait: false });
    account.close();
    await store.close();
  });
  return {
    ...running,
    certificateFile: join(data, "self-signed.crt"),
    portFor: (mode) => running.port(mode === "implicit" ? "imaps" : "imap"),
    account,
    deliver: async (message) => {
      await account.append("INBOX", { body: Readable.from([Buffer.from(message.replaceAll("\n", "\r\n"))]) });
    },
    contents: (mailbox) => contentsOf(account, mailbox),
  };
}

async function contentsOf(account: AccountMail, name: string): Promise<string[]> {
  const mailbox = await account.select(name, { readOnly: true });
  try {
    const structures = await described(
      mailbox,
      mailbox.messages.map(({ uid }) => uid),
    );
    return mailbox.messages.map(({ uid, flags }) =>
      `${structures.get(uid)?.envelope.subject ?? "?"}: ${flags.join(" ")}`.trimEnd(),
    );
  } finally {
    mailbox.close();
  }
}

/** A letter with this subject. */
export function letter(subject: string): string {
  return `From: Bob <bob@example.com>
To: Ann <ann@example.com>
Subject: ${subject}
Message-ID: <${subject.replaceAll(" ", "-")}@example.com>
Date: Mon, 1 Jan 2024 12:00:00 +0000

This is ${subject}.
`;
}

/** Text, and an attachment that is no text. */
export const letterWithAttachment = `From: Bob <bob@example.com>
To: Ann <ann@example.com>
Subject: With an attachment
Message-ID: <attachment@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Grüße
--b
Content-Type: application/octet-stream; name="data.bin"
Content-Disposition: attachment; filename="data.bin"
Content-Transfer-Encoding: base64

AAECAwQFBgcICQ==
--b--
`;
