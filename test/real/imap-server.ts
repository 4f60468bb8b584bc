/** A Gatehouse that real IMAP clients talk to, in the three TLS modes, with the mail of one account. */
import { join } from "node:path";
import { imap } from "../../src/protocols/imap/index.ts";
import type { AccountMail } from "../../src/protocols/mailbox.ts";
import { MemoryMailboxes } from "../protocols/memory-mailbox.ts";
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
  deliver(message: string): void;
  /** Subjects of a mailbox's messages with their flags, in order: `Hello: \Seen`. */
  contents(mailbox: string): Promise<string[]>;
}

export async function startImapServer(): Promise<ImapServer> {
  const mailboxes = new MemoryMailboxes();
  const authenticate = async ({ username, password }: { username: string; password: string }) =>
    username === ann.address && password === ann.password ? { username, roles: [] } : null;
  const running = await runGatehouse(
    {
      SystemSettings: { defaultHostname: "localhost" },
      NetworkListener: [
        { name: "imap", protocol: "imap", bind: ["127.0.0.1:0"] },
        { name: "imaps", protocol: "imap", bind: ["127.0.0.1:0"], tlsImplicit: true },
      ],
    },
    {
      backend: { authenticate },
      protocols: [imap({ backend: { authenticate }, mailboxes, authWithoutTls: true })],
    },
  );
  const account = await mailboxes.open({ username: ann.address });
  return {
    ...running,
    certificateFile: join(running.data, "self-signed.crt"),
    portFor: (mode) => running.port(mode === "implicit" ? "imaps" : "imap"),
    account,
    deliver: (message) => void mailboxes.deliver(ann.address, message.replaceAll("\n", "\r\n")),
    contents: (mailbox) => contentsOf(account, mailbox),
  };
}

async function contentsOf(account: AccountMail, name: string): Promise<string[]> {
  const mailbox = await account.select(name, { readOnly: true });
  try {
    const structures = await mailbox.describe(mailbox.messages.map(({ uid }) => uid));
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
