import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { type ImapServer, letter, letterWithAttachment, startImapServer } from "./imap-server.ts";
import { ann, type TlsMode, tlsModes } from "./mail-server.ts";
import { installed, type Outcome, run } from "./programs.ts";

interface Request {
  readonly tls?: TlsMode;
  /** Behind the host: `INBOX;UID=1`. */
  readonly path?: string;
  readonly password?: string;
  /** Further arguments. */
  readonly args?: readonly string[];
}

/** curl's exit statuses, by their names in libcurl. */
const exits = { ok: 0, remoteAccessDenied: 9, quoteError: 21, loginDenied: 67, remoteFileNotFound: 78 } as const;

function curl(server: ImapServer, { tls = "clear", path = "", password = ann.password, args = [] }: Request) {
  const url = `${tls === "implicit" ? "imaps" : "imap"}://localhost:${server.portFor(tls)}/${path}`;
  const security = tls === "STARTTLS" ? ["--ssl-reqd"] : [];
  const rest = ["--cacert", server.certificateFile, "--user", `${ann.address}:${password}`, ...args];
  return run("curl", ["-sS", url, ...security, ...rest], { env: { LC_ALL: "C.UTF-8" } });
}

function said({ code, stdout, stderr }: Outcome): string {
  expect({ code, stderr }).toEqual({ code: exits.ok, stderr: "" });
  return stdout;
}

describe.skipIf(!installed("curl"))("curl", () => {
  test.each(tlsModes)("reads a message: %s", async (tls) => {
    const server = await startImapServer();
    await server.deliver(letter("Hello"));
    expect(said(await curl(server, { tls, path: "INBOX;UID=1" }))).toBe(letter("Hello").replaceAll("\n", "\r\n"));
  });

  test.each(["AUTH=PLAIN", "AUTH=LOGIN"])("logs in with %s", async (mechanism) => {
    const server = await startImapServer();
    const args = ["--login-options", mechanism];
    expect(said(await curl(server, { tls: "implicit", args }))).toContain('* LIST (\\HasNoChildren) "/" "INBOX"\r\n');
    expect((await curl(server, { password: "looking-glass", args })).code).toBe(exits.loginDenied);
  });

  test("reads a part, searches, asks, and keeps a message", async () => {
    const server = await startImapServer();
    await server.deliver(letterWithAttachment);
    await server.deliver(letter("Hello"));
    expect(said(await curl(server, { path: "INBOX;MAILINDEX=1;SECTION=1" }))).toBe("Grüße");
    expect(said(await curl(server, { path: "INBOX?SUBJECT%20Hello" }))).toBe("* SEARCH 2\r\n");
    const args = ["-X", "STATUS INBOX (MESSAGES UNSEEN)"];
    expect(said(await curl(server, { args }))).toBe('* STATUS "INBOX" (MESSAGES 2 UNSEEN 1)\r\n');
    const file = join(temporaryDirectory(), "message");
    await writeFile(file, letter("Kept").replaceAll("\n", "\r\n"));
    said(await curl(server, { path: "Drafts", args: ["-T", file] }));
    expect(await server.contents("Drafts")).toEqual(["Kept: \\Seen"]);
  });

  test("is refused what is not there", async () => {
    const server = await startImapServer();
    expect((await curl(server, { path: "INBOX;UID=1" })).code).toBe(exits.remoteFileNotFound);
    expect((await curl(server, { path: "Nowhere;UID=1" })).code).not.toBe(exits.ok);
    expect((await curl(server, { args: ["-X", "FROBNICATE"] })).code).toBe(exits.quoteError);
  });
});
