import { expect, onTestFinished, test } from "vitest";
import { openStore } from "../../../src/mailbox/index.ts";
import { type AccountMail, MailboxError } from "../../../src/protocols/mailbox.ts";
import { bodyOf } from "../letters.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const ANN = { username: "ann@example.com", roles: [] };

/** So many messages of ten octets in INBOX: more than one step. */
const MANY = 1300;

async function start(limits = {}): Promise<AccountMail> {
  const store = await openStore(temporaryDirectory(), { limits });
  onTestFinished(() => store.close());
  const account = await store.mailboxes.open(ANN);
  await account.append("INBOX", { body: bodyOf(Buffer.from("0123456789")) });
  const inbox = await account.select("INBOX", { readOnly: false });
  const uids = Array.from({ length: MANY }, (_, index) => index + 1);
  for (let made = 1; made < MANY; made *= 2) await inbox.copy(uids.slice(0, Math.min(made, MANY - made)), "INBOX");
  inbox.close();
  return account;
}

async function select(account: AccountMail, name = "INBOX") {
  const mailbox = await account.select(name, { readOnly: false });
  onTestFinished(() => mailbox.close());
  return { mailbox, uids: mailbox.messages.map(({ uid }) => uid) };
}

const count = async (account: AccountMail, name: string) => (await account.status(name)).messages;

test("A copy of many messages is complete, in their order.", async () => {
  const account = await start();
  const { mailbox, uids } = await select(account);
  const copied = await mailbox.copy(uids, "Trash");
  expect(copied.from).toEqual(uids);
  expect(copied.to).toEqual(uids);
  expect(await count(account, "Trash")).toBe(MANY);
});

test("A copy that cannot be completed leaves nothing behind.", async () => {
  const account = await start({ maxStorage: MANY * 10 + 9000 });
  const { mailbox, uids } = await select(account);
  const failed = await mailbox.copy(uids, "Trash").catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(MailboxError);
  expect(failed).toMatchObject({ code: "over-quota" });
  expect(await count(account, "Trash")).toBe(0);
  expect((await account.quota()).used).toBe(MANY * 10);
});

test("Many messages are moved, and INBOX is renamed with many messages.", async () => {
  const account = await start();
  const { mailbox, uids } = await select(account);
  expect((await mailbox.move(uids, "Trash")).to).toEqual(uids);
  expect([await count(account, "INBOX"), await count(account, "Trash")]).toEqual([0, MANY]);
  const trash = await select(account, "Trash");
  await trash.mailbox.copy(trash.uids, "INBOX");
  await account.rename("INBOX", "Old");
  expect([await count(account, "INBOX"), await count(account, "Old")]).toEqual([0, MANY]);
});

test("A mailbox of many messages is deleted, with all that they took.", async () => {
  const account = await start();
  await account.create("Big");
  const { mailbox, uids } = await select(account);
  await mailbox.copy(uids, "Big");
  const before = (await account.quota()).used;
  await account.delete("Big");
  expect(before - (await account.quota()).used).toBe(MANY * 10);
  expect((await account.list()).map(({ name }) => name)).not.toContain("Big");
});

test("POP3 removes many messages.", async () => {
  const account = await start();
  const maildrop = await account.lockMaildrop();
  await maildrop.remove(maildrop.messages.map(({ uid }) => uid));
  maildrop.release();
  expect(await count(account, "INBOX")).toBe(0);
});
