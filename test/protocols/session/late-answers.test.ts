/** What the mailbox gives to a session that is gone by then has to go back, or its maildrop stays locked for ever. */
import { describe, expect, it } from "vitest";
import { imap } from "../../../src/protocols/imap/index.ts";
import type { Mailboxes } from "../../../src/protocols/mailbox.ts";
import { manageSieve } from "../../../src/protocols/manage-sieve/index.ts";
import { pop3 } from "../../../src/protocols/pop3/index.ts";
import type { SessionProtocol } from "../../../src/protocols/protocol.ts";
import type { MailboxSessionOptions } from "../../../src/protocols/session/options.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";
import { MemoryWire } from "../memory-wire.ts";

const username = "ann@example.com";
const plain = Buffer.from(`\0${username}\0wonderland`).toString("base64");
const backend: MailboxSessionOptions["backend"] = { authenticate: async () => ({ username, roles: [] }) };

/** Opens accounts when it may, and counts those that are open. */
class SlowMailboxes implements Mailboxes {
  readonly asked = Promise.withResolvers<void>();
  readonly mayOpen = Promise.withResolvers<void>();
  readonly #memory = new MemoryMailboxes();
  opened = 0;
  closed = 0;

  open: Mailboxes["open"] = async (identity) => {
    this.asked.resolve();
    await this.mayOpen.promise;
    const account = await this.#memory.open({ username: identity.username });
    this.opened++;
    const close = account.close.bind(account);
    return Object.assign(account, {
      close: () => {
        this.closed++;
        close();
      },
    });
  };
}

describe.each<[string, (options: MailboxSessionOptions) => SessionProtocol, string]>([
  ["POP3", pop3, `AUTH PLAIN ${plain}\r\n`],
  ["IMAP", imap, `a AUTHENTICATE PLAIN ${plain}\r\n`],
  ["ManageSieve", manageSieve, `AUTHENTICATE "PLAIN" "${plain}"\r\n`],
])("an account that is opened for a session of %s", (_name, protocol, logIn) => {
  /** A client whose log-in was right, while its account is being opened. */
  async function opening(): Promise<{ wire: MemoryWire; mailboxes: SlowMailboxes; over: Promise<void> }> {
    const mailboxes = new SlowMailboxes();
    const wire = new MemoryWire(protocol({ backend, mailboxes, authWithoutTls: true }));
    await wire.greet();
    const over = wire.send(logIn).then(() => {});
    await mailboxes.asked.promise;
    return { wire, mailboxes, over };
  }

  it("is given back when the client is gone before it is open", async () => {
    const { wire, mailboxes } = await opening();
    wire.close("peer-reset");
    mailboxes.mayOpen.resolve();
    await expect.poll(() => mailboxes.closed).toBe(1);
    expect(mailboxes.opened).toBe(1);
  });

  it("is given back when the client goes between the answer and the turn that takes it", async () => {
    const { wire, mailboxes } = await opening();
    const woken = Promise.withResolvers<void>();
    wire.wake = () => {
      wire.close("peer-reset");
      woken.resolve();
    };
    mailboxes.mayOpen.resolve();
    await woken.promise;
    await expect.poll(() => mailboxes.closed).toBe(1);
  });

  it("is kept for the session that is there", async () => {
    const { wire, mailboxes, over } = await opening();
    mailboxes.mayOpen.resolve();
    await over;
    expect(mailboxes).toMatchObject({ opened: 1, closed: 0 });
    wire.close("peer-ended");
    expect(mailboxes.closed).toBe(1);
  });
});
