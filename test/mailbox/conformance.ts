/** What every implementation of the mailbox contract keeps to. */
import { PassThrough, Readable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Identity } from "../../src/protocols/backend.ts";
import {
  type AccountMail,
  type Mailbox,
  type MailboxChange,
  MailboxError,
  type Mailboxes,
  type MailboxLimits,
  type MessageContent,
} from "../../src/protocols/mailbox.ts";
import { described } from "./described.ts";

export interface Subject {
  readonly mailboxes: Mailboxes;
  /** Brings a message into an account's INBOX, as SMTP would. */
  deliver(account: string, message: string): Promise<unknown>;
}

export type MakeSubject = (limits?: Partial<MailboxLimits>) => Promise<Subject>;

const ANN: Identity = { username: "ann@example.com", roles: [] };

export function mailboxConformance(name: string, makeSubject: MakeSubject): void {
  const start = async (limits?: Partial<MailboxLimits>) => {
    const subject = await makeSubject(limits);
    const open = async (identity = ANN) => {
      const account = await subject.mailboxes.open(identity);
      onTestFinished(() => account.close());
      return account;
    };
    return { ...subject, open, account: await open() };
  };

  describe(`${name}: mailboxes`, () => {
    test("A new account has INBOX and the mailboxes of special use, all subscribed.", async () => {
      const { account } = await start();
      const list = await account.list();
      expect(list.map((entry) => [entry.name, ...entry.specialUse])).toEqual([
        ["INBOX"],
        ["Archive", "\\Archive"],
        ["Drafts", "\\Drafts"],
        ["Junk", "\\Junk"],
        ["Sent", "\\Sent"],
        ["Trash", "\\Trash"],
      ]);
      expect(list.every((entry) => entry.exists && entry.selectable && entry.subscribed && !entry.hasChildren)).toBe(
        true,
      );
    });

    test("Accounts do not see each other's mailboxes.", async () => {
      const { account, open } = await start();
      await account.create("Mine");
      const bob = await open({ username: "bob@example.com", roles: [] });
      expect(await namesOf(bob)).not.toContain("Mine");
      expect(await codeOf(bob.select("Mine", { readOnly: true }))).toBe("mailbox-missing");
    });

    test("Creating makes those above, ignores a delimiter at the end, and refuses what is there.", async () => {
      const { account } = await start();
      await account.create("a/b/c/");
      const list = await account.list();
      expect(list.map((entry) => entry.name).filter((entry) => entry.startsWith("a"))).toEqual(["a", "a/b", "a/b/c"]);
      expect(list.find((entry) => entry.name === "a")).toMatchObject({ selectable: true, hasChildren: true });
      expect(list.find((entry) => entry.name === "a")?.subscribed).toBe(false);
      expect(await codeOf(account.create("a/b"))).toBe("mailbox-exists");
      expect(await codeOf(account.create("inbox"))).toBe("mailbox-exists");
    });

    test("INBOX is the same in any case of letters, also above others; other names are not.", async () => {
      const { account } = await start();
      await account.create("iNbOx/below");
      await account.create("Other");
      await account.create("other");
      expect(await namesOf(account)).toContain("INBOX/below");
      expect((await account.select("InBoX", { readOnly: true })).name).toBe("INBOX");
      expect((await account.status("INBOX/below")).messages).toBe(0);
    });

    test.each(["", "/", "/a", "a//b", "a\nb", "a%", "a*b", "a\x7f", "x".repeat(600), Array(20).fill("a").join("/")])(
      "%j is no name.",
      async (bad) => {
        const { account } = await start();
        expect(await codeOf(account.create(bad))).toBe("mailbox-name-invalid");
        expect(await codeOf(account.rename("Sent", bad))).toBe("mailbox-name-invalid");
      },
    );

    test("Names may be any Unicode; composed and decomposed letters are the same.", async () => {
      const { account } = await start();
      await account.create("Entw\u00fcrfe & \ud83d\udce8");
      expect((await account.status("Entwu\u0308rfe & \ud83d\udce8")).messages).toBe(0);
    });

    test("A special use can be given once, and only one that is known.", async () => {
      const { account } = await start();
      expect(await codeOf(account.create("x", { specialUse: ["\\Sent"] }))).toBe("special-use-unavailable");
      expect(await codeOf(account.create("x", { specialUse: ["\\All"] }))).toBe("special-use-unavailable");
      await account.delete("Sent");
      await account.create("x", { specialUse: ["\\sent"] });
      expect((await account.list()).find((entry) => entry.name === "x")?.specialUse).toEqual(["\\Sent"]);
    });

    test("A mailbox that is made again under its old name has another UIDVALIDITY, at once and always.", async () => {
      const { account } = await start();
      const seen = new Set<number>();
      for (let round = 0; round < 5; round += 1) {
        await account.create("again");
        seen.add((await account.status("again")).uidValidity);
        await account.delete("again");
      }
      expect(seen.size).toBe(5);
    });

    test("Deleting takes the messages; with others below, the name stays until these are gone.", async () => {
      const { account } = await start();
      await account.create("a/b");
      await append(account, "a");
      await account.delete("a");
      expect((await account.list()).find((entry) => entry.name === "a")).toMatchObject({
        exists: true,
        selectable: false,
        hasChildren: true,
      });
      expect(await codeOf(account.select("a", { readOnly: false }))).toBe("mailbox-not-selectable");
      expect(await codeOf(account.status("a"))).toBe("mailbox-not-selectable");
      expect(await codeOf(append(account, "a"))).toBe("mailbox-not-selectable");
      expect(await codeOf(account.delete("a"))).toBe("mailbox-has-children");
      await account.create("a");
      expect(await account.status("a")).toMatchObject({ messages: 0, uidNext: 1 });
      await account.delete("a");
      await account.delete("a/b");
      await account.delete("a");
      expect(await namesOf(account)).not.toContain("a");
      expect(await codeOf(account.delete("INBOX"))).toBe("mailbox-protected");
      expect(await codeOf(account.delete("nothing"))).toBe("mailbox-missing");
    });

    test("Renaming takes along what is below, with UIDs and UIDVALIDITY, and makes what is missing above.", async () => {
      const { account } = await start();
      await account.create("a/b");
      await append(account, "a/b");
      const before = await account.status("a/b");
      await account.rename("a", "x/y");
      const names = await namesOf(account);
      expect(names.filter((entry) => /^[ax]/.test(entry))).toEqual(["x", "x/y", "x/y/b"]);
      expect(await account.status("x/y/b")).toEqual(before);
      expect(await codeOf(account.rename("a", "z"))).toBe("mailbox-missing");
      expect(await codeOf(account.rename("x", "x/y/z"))).toBe("mailbox-protected");
      expect(await codeOf(account.rename("x", "Sent"))).toBe("mailbox-exists");
    });

    test("Renaming INBOX moves its messages and leaves it, and what is below it, in place.", async () => {
      const { account } = await start();
      await account.create("INBOX/below");
      await append(account, "INBOX", { flags: ["\\Seen", "kept"] });
      const inbox = await account.select("INBOX", { readOnly: false });
      const changes = watch(inbox);
      await account.rename("INBOX", "old");
      expect(changes.map(({ type }) => type)).toEqual(["mailbox.expunged"]);
      expect(await account.status("INBOX")).toMatchObject({ messages: 0, uidNext: 2, uidValidity: inbox.uidValidity });
      const old = await account.select("old", { readOnly: true });
      expect(old.messages).toMatchObject([{ uid: 1, flags: ["\\Seen", "kept"] }]);
      expect(await namesOf(account)).toContain("INBOX/below");
    });

    test("Subscriptions are of what exists, and outlive it.", async () => {
      const { account } = await start();
      expect(await codeOf(account.subscribe("nothing"))).toBe("mailbox-missing");
      await account.create("list");
      await account.subscribe("list");
      await account.subscribe("list");
      await account.delete("list");
      expect((await account.list()).find((entry) => entry.name === "list")).toMatchObject({
        exists: false,
        selectable: false,
        subscribed: true,
      });
      await account.unsubscribe("list");
      await account.unsubscribe("list");
      expect(await namesOf(account)).not.toContain("list");
    });

    test("There is an end to mailboxes and subscriptions.", async () => {
      const { account } = await start({ maxMailboxes: 8 });
      expect(await codeOf(account.create("a/b/c"))).toBe("too-many-mailboxes");
      expect(await namesOf(account)).not.toContain("a");
      await account.create("a/b");
      expect(await codeOf(account.create("c"))).toBe("too-many-mailboxes");
      expect(await codeOf(account.rename("Sent", "x/Sent"))).toBe("too-many-mailboxes");
      await account.subscribe("a");
      await account.subscribe("a/b");
      await account.delete("a/b");
      await account.create("c");
      expect(await codeOf(account.subscribe("c"))).toBe("too-many-mailboxes");
    });
  });

  describe(`${name}: messages`, () => {
    test("What is appended is there with its bytes, flags and date, and counted.", async () => {
      const { account } = await start();
      const first = await append(account, "Sent", {
        text: "one",
        flags: ["\\seen", "$Label"],
        internalDate: 86_400_000,
      });
      const second = await append(account, "Sent", { text: "number two" });
      expect([first.uid, second.uid]).toEqual([1, 2]);
      const sent = await account.select("Sent", { readOnly: true });
      expect(first.uidValidity).toBe(sent.uidValidity);
      expect(sent.messages).toMatchObject([
        { uid: 1, flags: ["\\Seen", "$Label"], internalDate: 86_400_000, size: 3 },
        { uid: 2, flags: [], size: 10 },
      ]);
      expect(Math.abs((sent.messages[1]?.internalDate ?? 0) - Date.now())).toBeLessThan(60_000);
      expect(sent).toMatchObject({ uidNext: 3, keywords: ["$Label"], acceptsKeywords: true, readOnly: true });
      expect(await account.status("Sent")).toMatchObject({ messages: 2, unseen: 1, deleted: 0, uidNext: 3, size: 13 });
      expect(await account.quota()).toEqual({ used: 13, limit: null, messages: 2 });
      expect(await textOf(await sent.content(2))).toBe("number two");
    });

    test.each([10, 200_000])(
      "Any range of a message of %i octets can be read, and none beyond its end.",
      async (size) => {
        const { account } = await start();
        const text = "0123456789".repeat(size / 10);
        await append(account, "INBOX", { text });
        const inbox = await account.select("INBOX", { readOnly: true });
        const content = await inbox.content(1);
        expect(content.size).toBe(size);
        const slice = async (start: number, end: number) => Buffer.from(await content.read(start, end)).toString();
        expect(await slice(3, 7)).toBe("3456");
        expect(await slice(size - 3, size + 100)).toBe("789");
        expect(await slice(size + 5, size + 10)).toBe("");
        expect(await slice(0, size)).toBe(text);
        content.close();
        content.close();
        expect(await codeOf(inbox.content(2))).toBe("message-missing");
      },
    );

    test("A body that breaks off leaves nothing; one for a mailbox that is not there is drained.", async () => {
      const { account } = await start();
      const broken = new PassThrough();
      const appended = codeOf(account.append("INBOX", { body: broken }));
      broken.write("half", () => broken.destroy(new Error("gone")));
      expect(await appended).toBe("message-incomplete");
      const unwanted = Readable.from([Buffer.alloc(100_000), Buffer.alloc(100_000)], { objectMode: false });
      expect(await codeOf(account.append("nothing", { body: unwanted }))).toBe("mailbox-missing");
      await new Promise((resolve) => unwanted.on("close", resolve));
      expect((await account.status("INBOX")).messages).toBe(0);
      expect(await codeOf(append(account, "INBOX", { flags: ["\\Recent"] }))).toBe("flag-invalid");
      expect(await codeOf(append(account, "INBOX", { flags: ["a b"] }))).toBe("flag-invalid");
    });

    test("UIDs are never used twice, also when the last message was expunged.", async () => {
      const { account } = await start();
      for (const uid of [1, 2, 3]) {
        expect((await append(account, "INBOX", { flags: ["\\Deleted"] })).uid).toBe(uid);
        const inbox = await account.select("INBOX", { readOnly: false });
        expect(await inbox.expunge()).toEqual([uid]);
        inbox.close();
      }
      expect(await account.status("INBOX")).toMatchObject({ messages: 0, uidNext: 4 });
    });

    test("Flags are added, removed and replaced; only what changed is told, with a higher modification sequence.", async () => {
      const { account } = await start();
      await append(account, "INBOX", { flags: ["\\Seen"] });
      await append(account, "INBOX");
      const inbox = await account.select("INBOX", { readOnly: false });
      const other = await account.select("INBOX", { readOnly: true });
      const [own, seen] = [watch(inbox), watch(other)];
      const added = await inbox.store([1, 2, 99], { mode: "add", flags: ["\\SEEN", "\\Seen"] });
      expect(added.messages.map(({ uid, flags }) => [uid, ...flags])).toEqual([
        [1, "\\Seen"],
        [2, "\\Seen"],
      ]);
      expect(own).toMatchObject([
        { type: "mailbox.flagsChanged", own: true, messages: [{ uid: 2, flags: ["\\Seen"] }] },
      ]);
      expect(seen).toMatchObject([{ type: "mailbox.flagsChanged", own: false, messages: [{ uid: 2 }] }]);
      await inbox.store([1], { mode: "replace", flags: ["work", "\\Flagged", "\\Answered"] });
      const removed = await inbox.store([1], { mode: "remove", flags: ["\\flagged", "WORK", "never-heard-of"] });
      expect(removed.messages).toMatchObject([{ uid: 1, flags: ["\\Answered"] }]);
      const sequences = seen.flatMap((change) =>
        "messages" in change ? change.messages.map(({ modseq }) => modseq) : [],
      );
      expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
      expect(Math.min(...sequences)).toBeGreaterThan(inbox.highestModseq);
      expect((await account.status("INBOX")).highestModseq).toBe(Math.max(...sequences));
    });

    test("`unchangedSince` holds back what was changed after it.", async () => {
      const { account } = await start();
      await append(account, "INBOX");
      await append(account, "INBOX");
      const inbox = await account.select("INBOX", { readOnly: false });
      const since = inbox.highestModseq;
      await inbox.store([2], { mode: "add", flags: ["\\Seen"] });
      const result = await inbox.store([1, 2], { mode: "add", flags: ["\\Flagged"], unchangedSince: since });
      expect(result.modified).toEqual([2]);
      expect(result.messages.map(({ uid }) => uid)).toEqual([1]);
    });

    test("A keyword keeps its first spelling, and there is an end to keywords, not to their use.", async () => {
      const { account } = await start({ maxKeywords: 2 });
      await append(account, "INBOX", { flags: ["First"] });
      const inbox = await account.select("INBOX", { readOnly: false });
      await inbox.store([1], { mode: "add", flags: ["FIRST", "second"] });
      expect(inbox.keywords).toEqual(["First", "second"]);
      expect(inbox.acceptsKeywords).toBe(false);
      expect(await codeOf(inbox.store([1], { mode: "add", flags: ["third"] }))).toBe("too-many-keywords");
      expect(await codeOf(append(account, "INBOX", { flags: ["third"] }))).toBe("too-many-keywords");
      expect((await inbox.store([1], { mode: "replace", flags: ["SECOND"] })).messages[0]?.flags).toEqual(["second"]);
    });

    test("Many keywords do not get mixed up.", async () => {
      const { account } = await start();
      const keywords = Array.from({ length: 48 }, (_, index) => `k${String(index).padStart(2, "0")}`);
      for (const keyword of keywords) await append(account, "INBOX", { flags: [keyword, "\\Draft"] });
      const inbox = await account.select("INBOX", { readOnly: false });
      expect(inbox.messages.map(({ flags }) => flags)).toEqual(keywords.map((keyword) => ["\\Draft", keyword]));
      const uids = inbox.messages.map(({ uid }) => uid);
      await inbox.store([48], { mode: "add", flags: keywords });
      await inbox.copy(uids, "Archive");
      const archive = await account.select("Archive", { readOnly: true });
      expect(archive.messages.at(-1)?.flags).toEqual(["\\Draft", ...keywords]);
      expect(archive.messages[40]?.flags).toEqual(["\\Draft", "k40"]);
    });

    test("Copying keeps bytes, flags and date, and names the new UIDs in order.", async () => {
      const { account } = await start();
      for (const text of ["a", "bb", "ccc"])
        await append(account, "INBOX", { text, flags: ["mine"], internalDate: 5000 });
      await append(account, "Archive", { flags: ["other", "MINE"] });
      const inbox = await account.select("INBOX", { readOnly: true });
      const copied = await inbox.copy([3, 1, 3], "Archive");
      const archive = await account.select("Archive", { readOnly: true });
      expect(copied).toEqual({ uidValidity: archive.uidValidity, from: [1, 3], to: [2, 3] });
      expect(archive.messages.slice(1)).toMatchObject([
        { uid: 2, size: 1, internalDate: 5000, flags: ["MINE"] },
        { uid: 3, size: 3 },
      ]);
      expect(await textOf(await archive.content(3))).toBe("ccc");
      expect(await codeOf(inbox.copy([1], "nothing"))).toBe("mailbox-missing");
      expect(await codeOf(inbox.copy([1, 9], "Archive"))).toBe("message-missing");
      expect((await account.status("Archive")).messages).toBe(3);
      const itself = await inbox.copy([1], "INBOX");
      expect(itself).toMatchObject({ from: [1], to: [4] });
    });

    test("Moving is one step: what arrives there goes here, and both sides are told.", async () => {
      const { account } = await start();
      for (const text of ["a", "b"]) await append(account, "INBOX", { text });
      const inbox = await account.select("INBOX", { readOnly: false });
      const trash = await account.select("Trash", { readOnly: true });
      const [here, there] = [watch(inbox), watch(trash)];
      expect(await inbox.move([2], "Trash")).toEqual({ uidValidity: trash.uidValidity, from: [2], to: [1] });
      expect(here).toMatchObject([{ type: "mailbox.expunged", uids: [2], own: true }]);
      expect(there).toMatchObject([{ type: "mailbox.appended", messages: [{ uid: 1 }], own: false }]);
      expect(await codeOf(inbox.move([1, 2], "Trash"))).toBe("message-missing");
      expect(await codeOf(inbox.move([1], "nothing"))).toBe("mailbox-missing");
      expect((await account.status("INBOX")).messages).toBe(1);
      expect(await account.quota()).toMatchObject({ used: 2, messages: 2 });
      expect(await textOf(await trash.content(1))).toBe("b");
    });

    test("What another mailbox still has survives its expunging here.", async () => {
      const { account } = await start();
      const text = "shared".repeat(20_000);
      await append(account, "INBOX", { text, flags: ["\\Deleted"] });
      const inbox = await account.select("INBOX", { readOnly: false });
      await inbox.copy([1], "Archive");
      const reading = await inbox.content(1);
      await inbox.expunge();
      expect(await textOf(reading)).toBe(text);
      const archive = await account.select("Archive", { readOnly: false });
      expect(await textOf(await archive.content(1))).toBe(text);
      await archive.expunge();
      expect(await codeOf(archive.content(1))).toBe("message-missing");
    });

    test("Expunging takes what is marked, or of that what is named.", async () => {
      const { account } = await start();
      for (const flags of [["\\Deleted"], [], ["\\Deleted"], ["\\Deleted"]]) await append(account, "INBOX", { flags });
      const inbox = await account.select("INBOX", { readOnly: false });
      expect(await inbox.expunge([4, 2, 77])).toEqual([4]);
      expect(await inbox.expunge()).toEqual([1, 3]);
      expect(await inbox.expunge()).toEqual([]);
      expect((await account.status("INBOX")).messages).toBe(1);
    });

    test("A mailbox that is open for reading only is not changed.", async () => {
      const { account } = await start();
      await append(account, "INBOX", { flags: ["\\Deleted"] });
      const inbox = await account.select("INBOX", { readOnly: true });
      expect(await codeOf(inbox.store([1], { mode: "add", flags: ["\\Seen"] }))).toBe("mailbox-read-only");
      expect(await codeOf(inbox.expunge())).toBe("mailbox-read-only");
      expect(await codeOf(inbox.move([1], "Trash"))).toBe("mailbox-read-only");
      await inbox.copy([1], "Trash");
    });

    test("An account has no more than its quota.", async () => {
      const { account } = await start({ maxStorage: 100 });
      await append(account, "INBOX", { text: "x".repeat(60) });
      expect(await codeOf(append(account, "INBOX", { text: "x".repeat(41) }))).toBe("over-quota");
      const unread = new PassThrough();
      expect(await codeOf(account.append("INBOX", { body: unread, size: 41 }))).toBe("over-quota");
      const inbox = await account.select("INBOX", { readOnly: false });
      expect(await codeOf(inbox.copy([1], "Archive"))).toBe("over-quota");
      await inbox.move([1], "Archive");
      expect(await account.quota()).toEqual({ used: 60, limit: 100, messages: 1 });
      await append(account, "INBOX", { text: "x".repeat(40) });
      await account.delete("Archive");
      expect(await account.quota()).toMatchObject({ used: 40 });
    });
  });

  describe(`${name}: sessions`, () => {
    test("A delivery is told to every session that has INBOX open, at once.", async () => {
      const { account, open, deliver } = await start();
      const first = await account.select("INBOX", { readOnly: false });
      const second = await (await open()).select("INBOX", { readOnly: true });
      const [a, b] = [watch(first), watch(second)];
      await deliver(ANN.username, "Subject: news\r\n\r\nHello\r\n");
      for (const changes of [a, b]) {
        expect(changes).toMatchObject([{ type: "mailbox.appended", own: false, messages: [{ uid: 1, flags: [] }] }]);
      }
      expect(first.messages).toEqual([]);
      await first.refresh();
    });

    test("Changes are kept until somebody subscribes, and come in their order.", async () => {
      const { account } = await start();
      const inbox = await account.select("INBOX", { readOnly: false });
      await append(account, "INBOX");
      await inbox.store([1], { mode: "add", flags: ["\\Deleted"] });
      await inbox.expunge();
      const types = ["mailbox.appended", "mailbox.flagsChanged", "mailbox.expunged"];
      const changes = watch(inbox);
      expect(changes.map(({ type }) => type)).toEqual(types);
      await append(account, "INBOX");
      expect(changes.map(({ type }) => type)).toEqual([...types, "mailbox.appended"]);
    });

    test("Views that follow their changes agree with the mailbox, however sessions go on beside each other.", async () => {
      const { account, open, deliver } = await start();
      const sessions = await Promise.all(
        [account, await open(), await open()].map((one) => one.select("INBOX", { readOnly: false })),
      );
      const views = sessions.map((mailbox) => ({ mailbox, state: follow(mailbox) }));
      await Promise.all(
        views.map(async ({ mailbox }, number) => {
          for (let round = 0; round < 8; round += 1) {
            await deliver(ANN.username, `Subject: ${number} ${round}\r\n\r\n`);
            const uids = (await account.select("INBOX", { readOnly: true })).messages.map(({ uid }) => uid);
            await mailbox.store(uids.slice(-3), { mode: "add", flags: [`by${number}`] });
            if (round % 3 === number) {
              await mailbox.store(uids.slice(0, 1), { mode: "add", flags: ["\\Deleted"] });
              await mailbox.expunge();
            }
          }
        }),
      );
      const late = await account.select("INBOX", { readOnly: true });
      const expected = late.messages.map(({ uid, flags, modseq }) => [uid, modseq, ...flags]);
      expect(expected.length).toBeGreaterThan(10);
      for (const { state } of views) {
        expect([...state.values()].map(({ uid, flags, modseq }) => [uid, modseq, ...flags])).toEqual(expected);
      }
      const status = await account.status("INBOX");
      expect(status).toMatchObject({ uidNext: 25, messages: expected.length, highestModseq: late.highestModseq });
    });

    test("Whoever selects for reading and writing first takes `\\Recent`.", async () => {
      const { account, open, deliver } = await start();
      await deliver(ANN.username, "one");
      expect((await account.status("INBOX")).recent).toBe(1);
      expect((await account.select("INBOX", { readOnly: true })).recentFrom).toBe(1);
      const first = await account.select("INBOX", { readOnly: false });
      expect(first.recentFrom).toBe(1);
      const other = await open();
      expect((await other.select("INBOX", { readOnly: false })).recentFrom).toBe(2);
      await deliver(ANN.username, "two");
      expect((await other.status("INBOX")).recent).toBe(0);
      expect((await other.select("INBOX", { readOnly: false })).recentFrom).toBe(3);
      await deliver(ANN.username, "three");
      account.close();
      other.close();
      const late = await open();
      expect((await late.status("INBOX")).recent).toBe(0);
      await deliver(ANN.username, "four");
      expect((await late.status("INBOX")).recent).toBe(1);
    });

    test("Renaming is told, and the view goes on; deleting ends it.", async () => {
      const { account } = await start();
      await account.create("a");
      const mailbox = await account.select("a", { readOnly: false });
      let completed = false;
      const changes = watch(mailbox, () => {
        completed = true;
      });
      await account.rename("a", "b");
      await append(account, "b");
      await mailbox.store([1], { mode: "add", flags: ["\\Seen"] });
      await account.delete("b");
      expect(changes.map(({ type }) => type)).toEqual([
        "mailbox.renamed",
        "mailbox.appended",
        "mailbox.flagsChanged",
        "mailbox.deleted",
      ]);
      expect(changes[0]).toEqual({ type: "mailbox.renamed", name: "b" });
      expect(completed).toBe(true);
      await account.create("b");
      await append(account, "b");
      expect(await codeOf(mailbox.store([1], { mode: "add", flags: ["\\Seen"] }))).toBe("mailbox-missing");
      expect(await codeOf(mailbox.content(1))).toBe("mailbox-missing");
      mailbox.close();
    });

    test("Closing the account closes its mailboxes; others go on.", async () => {
      const { account, open } = await start();
      const other = await open();
      const mine = await other.select("INBOX", { readOnly: false });
      const changes = watch(mine);
      other.close();
      other.close();
      await append(account, "INBOX");
      expect(changes).toEqual([]);
      expect(await codeOf(mine.refresh())).toBe("mailbox-missing");
    });
  });

  describe(`${name}: what is in a message`, () => {
    const LETTER = [
      "From: Ann =?utf-8?q?=C3=84?= <ann@example.com>",
      "To: Team: bob@example.com, eve@example.com;",
      "Subject: =?utf-8?b?R3LDvMOfZQ==?=",
      " again",
      "Date: Thu, 1 Jan 2026 00:00:00 +0000",
      "Message-ID: <1@example.com>",
      'Content-Type: multipart/mixed; boundary="=_1"',
      "",
      "--=_1",
      "Content-Type: text/plain; charset=iso-8859-1",
      "Content-Transfer-Encoding: quoted-printable",
      "",
      "Sch=F6ne T=",
      "age",
      "--=_1",
      'Content-Type: application/octet-stream; name="a.bin"',
      "Content-Transfer-Encoding: base64",
      "Content-Disposition: attachment; filename=a.bin",
      "",
      "c2VjcmV0",
      "--=_1--",
      "",
    ].join("\r\n");

    test("Large structures come one after the other, without those of messages that are gone.", async () => {
      const { account } = await start();
      const to = "ann@example.com, ".repeat(4000);
      for (let number = 0; number < 6; number++)
        await append(account, "INBOX", { text: `Subject: ${number}\r\nTo: ${to}\r\n\r\n` });
      const inbox = await account.select("INBOX", { readOnly: false });
      await inbox.store([2], { mode: "add", flags: ["\\Deleted"] });
      await inbox.expunge([2]);
      const subjects = [];
      for await (const { uid, structure } of inbox.describe([1, 2, 3, 4, 5, 6, 7])) {
        subjects.push([uid, structure.envelope.subject, structure.envelope.to.length]);
      }
      expect(subjects).toEqual([1, 3, 4, 5, 6].map((uid) => [uid, String(uid - 1), 4000]));
    });

    test("Envelope and structure are known, with the place of each part.", async () => {
      const { account } = await start();
      await append(account, "INBOX", { text: LETTER });
      const inbox = await account.select("INBOX", { readOnly: true });
      const structures = await described(inbox, [1, 2]);
      expect([...structures.keys()]).toEqual([1]);
      const { envelope, root } = structures.get(1) ?? {};
      expect(envelope).toMatchObject({
        subject: "=?utf-8?b?R3LDvMOfZQ==?= again",
        date: "Thu, 1 Jan 2026 00:00:00 +0000",
        messageId: "<1@example.com>",
        from: [{ name: "Ann =?utf-8?q?=C3=84?=", mailbox: "ann", host: "example.com" }],
        to: [{ mailbox: "Team", host: null }, { mailbox: "bob" }, { mailbox: "eve" }, { mailbox: null, host: null }],
      });
      expect(envelope?.replyTo).toEqual(envelope?.from);
      expect(root?.parts.map((part) => [part.type, part.subtype, part.encoding, part.lines])).toEqual([
        ["TEXT", "PLAIN", "QUOTED-PRINTABLE", 2],
        ["APPLICATION", "OCTET-STREAM", "BASE64", 1],
      ]);
      const part = root?.parts[1];
      expect(part?.disposition).toEqual({ type: "ATTACHMENT", parameters: [["FILENAME", "a.bin"]] });
      expect(LETTER.slice(part?.body.start, part?.body.end)).toBe("c2VjcmV0");
    });

    test.each([
      [{ in: "header", field: "subject", text: "gr\u00fc\u00dfe AGAIN" } as const, [1]],
      [{ in: "header", field: "to", text: "EVE@" } as const, [1]],
      [{ in: "header", field: "date", text: "" } as const, [1]],
      [{ in: "header", field: "cc", text: "" } as const, []],
      [{ in: "address", field: "TO", text: "EVE@" } as const, [1]],
      [{ in: "address", field: "from", text: "\u00e4 <ann@example.COM>" } as const, [1]],
      [{ in: "address", field: "from", text: "" } as const, [1]],
      [{ in: "address", field: "cc", text: "" } as const, []],
      [{ in: "body", text: "sch\u00f6ne tage" } as const, [1]],
      [{ in: "body", text: "1@example.com" } as const, []],
      [{ in: "text", text: "1@example.com" } as const, [1]],
      [{ in: "body", text: "plain" } as const, [2]],
      [{ in: "text", text: "no such words" } as const, []],
    ])("%j is found in %j.", async (query, uids) => {
      const { account } = await start();
      await append(account, "INBOX", { text: LETTER });
      await append(account, "INBOX", { text: "Subject: other\r\n\r\nplain words\r\n" });
      const inbox = await account.select("INBOX", { readOnly: true });
      expect(await inbox.matching(query, [2, 1, 3])).toEqual(uids);
    });
  });

  describe(`${name}: the maildrop`, () => {
    test("One session at a time has it, until it is released or its account closed.", async () => {
      const { account, open } = await start();
      const other = await open();
      const maildrop = await account.lockMaildrop();
      expect(await codeOf(other.lockMaildrop())).toBe("maildrop-locked");
      maildrop.release();
      const second = await other.lockMaildrop();
      maildrop.release();
      expect(await codeOf(account.lockMaildrop())).toBe("maildrop-locked");
      other.close();
      await account.lockMaildrop();
      second.release();
      expect(await codeOf((await open()).lockMaildrop())).toBe("maildrop-locked");
    });

    test("It is INBOX at that moment; ids stay the same from session to session, and removing is one step.", async () => {
      const { account, deliver } = await start();
      for (const text of ["one", "two", "three"]) await deliver(ANN.username, text);
      const inbox = await account.select("INBOX", { readOnly: true });
      const changes = watch(inbox);
      const maildrop = await account.lockMaildrop();
      await deliver(ANN.username, "late");
      expect(maildrop.messages.map(({ uid }) => uid)).toEqual([1, 2, 3]);
      expect(maildrop.messages.every(({ uniqueId }) => /^[\x21-\x7e]{1,70}$/.test(uniqueId))).toBe(true);
      expect(await textOf(await maildrop.content(2))).toContain("two");
      await maildrop.remove([1, 3]);
      await maildrop.remove([3]);
      expect(changes).toMatchObject([{ type: "mailbox.appended" }, { type: "mailbox.expunged", uids: [1, 3] }]);
      const ids = maildrop.messages.map(({ uniqueId }) => uniqueId);
      expect(await codeOf(maildrop.content(1))).toBe("message-missing");
      maildrop.release();
      const again = await account.lockMaildrop();
      expect(again.messages.map(({ uniqueId }) => uniqueId)).toEqual([
        ids[1],
        expect.not.stringMatching(ids.join("|")),
      ]);
    });
  });

  describe(`${name}: scripts`, () => {
    const script = (text: string) => new TextEncoder().encode(text);

    test("They are put, replaced, read, renamed, activated and deleted.", async () => {
      const { account, open } = await start();
      const { scripts } = account;
      await scripts.put("b", script("keep;"));
      await scripts.put("a", script("discard;"));
      await scripts.activate("b");
      await scripts.put("b", script("keep; stop;"));
      expect(await scripts.list()).toEqual([
        { name: "a", active: false, size: 8 },
        { name: "b", active: true, size: 11 },
      ]);
      await scripts.rename("b", "c");
      expect(Buffer.from(await (await open()).scripts.get("c")).toString()).toBe("keep; stop;");
      expect(await codeOf(scripts.delete("c"))).toBe("script-active");
      await scripts.activate("a");
      await scripts.activate(null);
      await scripts.delete("c");
      expect(await scripts.list()).toEqual([{ name: "a", active: false, size: 8 }]);
    });

    test("What is not there, is there already, or is too much is refused, and changes nothing.", async () => {
      const { account } = await start({ maxScripts: 2, maxScriptSize: 10, maxScriptName: 20 });
      const { scripts } = account;
      await scripts.put("a", script("keep;"));
      await scripts.put("b", script("keep;"));
      await scripts.activate("a");
      expect(await codeOf(scripts.put("c", script("keep;")))).toBe("too-many-scripts");
      expect(await codeOf(scripts.haveSpace("c", 5))).toBe("too-many-scripts");
      expect(await codeOf(scripts.haveSpace("a", 11))).toBe("script-too-large");
      expect(await codeOf(scripts.put("a", script("x".repeat(11))))).toBe("script-too-large");
      await scripts.haveSpace("a", 10);
      for (const bad of ["", "a\nb", "x".repeat(21), "a\u2028b"]) {
        expect(await codeOf(scripts.put(bad, script("")))).toBe("script-name-invalid");
        expect(await codeOf(scripts.rename("a", bad))).toBe("script-name-invalid");
      }
      expect(await codeOf(scripts.rename("a", "b"))).toBe("script-exists");
      const absent = [scripts.get("z"), scripts.delete("z"), scripts.rename("z", "y"), scripts.activate("z")];
      expect(new Set(await Promise.all(absent.map(codeOf)))).toEqual(new Set(["script-missing"]));
      expect((await scripts.list()).map(({ name, active }) => [name, active])).toEqual([
        ["a", true],
        ["b", false],
      ]);
    });
  });
}

function append(
  account: AccountMail,
  to: string,
  { text = "x", ...rest }: { text?: string; flags?: string[]; internalDate?: number } = {},
) {
  return account.append(to, { body: Readable.from([Buffer.from(text)], { objectMode: false }), ...rest });
}

function watch(mailbox: Mailbox, complete: () => void = () => {}): MailboxChange[] {
  const changes: MailboxChange[] = [];
  mailbox.changes$.subscribe({ next: (change) => changes.push(change), complete });
  return changes;
}

/** A mailbox as its changes tell it. */
function follow(mailbox: Mailbox) {
  const state = new Map(mailbox.messages.map((message) => [message.uid, message]));
  mailbox.changes$.subscribe((change) => {
    if (change.type === "mailbox.expunged") for (const uid of change.uids) expect(state.delete(uid)).toBe(true);
    if (change.type === "mailbox.appended" || change.type === "mailbox.flagsChanged") {
      for (const message of change.messages) {
        expect(state.has(message.uid)).toBe(change.type === "mailbox.flagsChanged");
        state.set(message.uid, message);
      }
    }
  });
  return state;
}

async function namesOf(account: AccountMail): Promise<string[]> {
  return (await account.list()).map(({ name }) => name);
}

async function textOf(content: MessageContent): Promise<string> {
  const text = Buffer.from(await content.read(0, content.size)).toString();
  content.close();
  return text;
}

/** The code of what it rejects with. */
async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "done",
    (error: unknown) => (error instanceof MailboxError ? error.code : error),
  );
}
