import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { type ImapServer, letter, letterWithAttachment, startImapServer } from "./imap-server.ts";
import { ann, type TlsMode } from "./mail-server.ts";
import { installed, run } from "./programs.ts";

interface Replica {
  readonly maildir: string;
  /** Synchronises both sides. @returns the commands that changed something or fetched a message. */
  synchronise(): Promise<string[]>;
}

/** A local copy of all of Ann's mailboxes, as mbsync keeps it. */
async function replicaOf(server: ImapServer, tls: TlsMode): Promise<Replica> {
  const folder = temporaryDirectory();
  const maildir = join(folder, "mail");
  await mkdir(maildir);
  const security = { clear: "None", STARTTLS: "STARTTLS", implicit: "IMAPS" }[tls];
  const configuration = join(folder, "mbsyncrc");
  await writeFile(
    configuration,
    `IMAPStore far
Host localhost
Port ${server.portFor(tls)}
User ${ann.address}
Pass "${ann.password}"
SSLType ${security}
CertificateFile ${server.certificateFile}

MaildirStore near
Path ${maildir}/
Inbox ${maildir}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
SyncState *
`,
    { mode: 0o600 },
  );
  return {
    maildir,
    async synchronise() {
      const { code, stdout, stderr } = await run("mbsync", ["-c", configuration, "-a", "-Dn"], {
        env: { HOME: folder },
      });
      expect(code, stderr).toBe(0);
      const sent = stdout.matchAll(
        />>> \d+ ((?:UID )?(?:STORE|FETCH|COPY|MOVE|EXPUNGE)|APPEND|CREATE|DELETE)[^\r\n]*/g,
      );
      return [...sent].map(([line]) => line.replace(/^>>> \d+ /, "")).filter((line) => !line.endsWith("(UID FLAGS)"));
    },
  };
}

/** A message without the line by which mbsync finds its own copies again. */
async function messageIn(file: string): Promise<string> {
  return (await readFile(file, "utf8")).replace(/^X-TUID: .*\n/m, "");
}

/** Files of a mailbox, wherever in it they are. */
async function filesOf(mailbox: string): Promise<string[]> {
  const folders = ["cur", "new"].map((name) => join(mailbox, name));
  const files = await Promise.all(
    folders.map(async (folder) => (await readdir(folder)).map((name) => join(folder, name))),
  );
  return files.flat();
}

describe.skipIf(!installed("mbsync"))("mbsync", () => {
  test.each(["clear", "STARTTLS", "implicit"] as const)(
    "copies all mail, and then has nothing to do: %s",
    async (tls) => {
      const server = await startImapServer();
      for (const subject of ["One", "Two", "Three"]) await server.deliver(letter(subject));
      await server.deliver(letterWithAttachment);
      const replica = await replicaOf(server, tls);
      expect(await replica.synchronise()).not.toEqual([]);
      const bodies = await Promise.all((await filesOf(join(replica.maildir, "INBOX"))).map(messageIn));
      expect(bodies.sort()).toEqual([letter("One"), letter("Two"), letter("Three"), letterWithAttachment].sort());
      expect(await replica.synchronise()).toEqual([]);
    },
  );

  test("carries changes both ways, and then has nothing to do", async () => {
    const server = await startImapServer();
    for (const subject of ["One", "Two", "Three"]) await server.deliver(letter(subject));
    const replica = await replicaOf(server, "clear");
    await replica.synchronise();

    // Here: one is deleted, one is flagged, one is new, in a mailbox that is new, too.
    const inbox = join(replica.maildir, "INBOX");
    for (const file of await filesOf(inbox)) {
      const text = await readFile(file, "utf8");
      if (text.includes("This is One")) await rm(file);
      if (text.includes("This is Two"))
        await rename(file, `${file.replace(/:2,.*$/, "").replace("/new/", "/cur/")}:2,FS`);
    }
    for (const name of ["cur", "new", "tmp"]) await mkdir(join(replica.maildir, "Local", name), { recursive: true });
    await writeFile(join(replica.maildir, "Local", "cur", "1.local:2,S"), letter("Local"));
    // There: one is deleted, one is new.
    const mailbox = await server.account.select("INBOX", { readOnly: false });
    await mailbox.store([3], { mode: "add", flags: ["\\Deleted"] });
    await mailbox.expunge();
    mailbox.close();
    await server.deliver(letter("Four"));

    await replica.synchronise();
    expect(await server.contents("INBOX")).toEqual(["Two: \\Flagged \\Seen", "Four:"]);
    expect(await server.contents("Local")).toEqual(["Local: \\Seen"]);
    const texts = await Promise.all((await filesOf(inbox)).map(messageIn));
    expect(texts.sort()).toEqual([letter("Two"), letter("Four")].sort());
    expect(await replica.synchronise()).toEqual([]);
    expect(await server.contents("INBOX")).toEqual(["Two: \\Flagged \\Seen", "Four:"]);
  });
});
