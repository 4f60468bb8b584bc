import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { type ImapServer, letter, startImapServer } from "./imap-server.ts";
import { ann, type TlsMode } from "./mail-server.ts";
import { installed, run } from "./programs.ts";

/** Runs mutt on a terminal of its own, and types these keys. @returns its folder. */
async function mutt(server: ImapServer, { tls, keys }: { tls: TlsMode; keys: string }): Promise<string> {
  const folder = temporaryDirectory();
  const url = `${tls === "implicit" ? "imaps" : "imap"}://localhost:${server.portFor(tls)}/`;
  const settings = {
    imap_user: ann.address,
    imap_pass: ann.password,
    folder: url,
    spoolfile: `${url}INBOX`,
    certificate_file: server.certificateFile,
    ssl_starttls: tls === "STARTTLS" ? "yes" : "no",
    ssl_force_tls: tls === "clear" ? "no" : "yes",
    header_cache: join(folder, "cache"),
    delete: "yes",
    move: "no",
    confirmappend: "no",
    confirmcreate: "no",
    wait_key: "no",
  };
  const lines = Object.entries(settings).map(([name, value]) => `set ${name}="${value}"\n`);
  const rc = join(folder, "muttrc");
  const typed = `push "${keys.replaceAll("FOLDER", folder)}<quit>"\n`;
  await writeFile(rc, `${lines.join("")}${typed}`, { mode: 0o600 });
  const outcome = await run("script", ["-qec", `mutt -n -F ${rc}`, "/dev/null"], {
    env: { TERM: "xterm", HOME: folder, LC_ALL: "C.UTF-8" },
    timeout: 100_000,
  });
  expect(outcome.code, outcome.stdout.slice(-2000)).toBe(0);
  return folder;
}

describe.skipIf(!installed("mutt") || !installed("script"))("mutt", () => {
  test.each(["clear", "STARTTLS", "implicit"] as const)("reads messages into a file: %s", async (tls) => {
    const server = await startImapServer();
    for (const subject of ["One", "Two"]) await server.deliver(letter(subject));
    const folder = await mutt(server, {
      tls,
      keys: "<tag-pattern>~A<enter><tag-prefix><copy-message>FOLDER/copy<enter>",
    });
    const copy = await readFile(join(folder, "copy"), "utf8");
    expect(copy.match(/^This is .*$/gm)).toEqual(["This is One.", "This is Two."]);
  });

  test("flags, deletes and moves", async () => {
    const server = await startImapServer();
    for (const subject of ["One", "Two", "Three"]) await server.deliver(letter(subject));
    const keys = [
      "<tag-pattern>~s One<enter><tag-prefix><flag-message>",
      "<delete-pattern>~s Two<enter>",
      "<limit>~s Three<enter><save-message>=Archive<enter><limit>all<enter>",
      "<sync-mailbox>",
    ];
    await mutt(server, { tls: "clear", keys: keys.join("") });
    expect(await server.contents("INBOX")).toEqual([expect.stringMatching(/^One:.*\\Flagged/)]);
    expect(await server.contents("Archive")).toEqual([expect.stringMatching(/^Three:/)]);
  });
});
