/** Programs that fetch mail by POP3: curl, fetchmail, getmail and mpop. */
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { eightBitMessage, messageOf, trickyMessage } from "./messages.ts";
import { ann, type Pop3Server, type Pop3TlsMode, pop3TlsModes, startPop3Server } from "./pop3-server.ts";
import { installed, run } from "./programs.ts";

const mail = [trickyMessage, eightBitMessage, messageOf(300_000)];

/** What these programs keep has the line ends of the system. */
const withoutCr = (content: Buffer): string => content.toString("latin1").replaceAll("\r\n", "\n");

/** The messages of a Maildir, without the fields that the program has written on top. */
function maildir(folder: string): string[] {
  const messages = readdirSync(join(folder, "new")).map((name) => readFileSync(join(folder, "new", name), "latin1"));
  return messages.map((text) => text.slice(text.indexOf("From: Ann"))).toSorted();
}

async function newMaildir(): Promise<string> {
  const folder = join(temporaryDirectory(), "mail");
  for (const name of ["", "new", "cur", "tmp"]) await mkdir(join(folder, name));
  return folder;
}

describe.skipIf(!installed("curl"))("curl", () => {
  interface Request {
    readonly tls: Pop3TlsMode;
    /** A message number, or nothing for a listing. */
    readonly path?: string;
    readonly args?: readonly string[];
  }

  function curl(server: Pop3Server, { tls, path = "", args = [] }: Request) {
    const scheme = tls === "implicit" ? "pop3s" : "pop3";
    const url = `${scheme}://localhost:${server.portFor(tls)}/${path}`;
    const login = ["--user", `${ann.address}:${ann.password}`, "--cacert", server.certificateFile, "--ssl-reqd"];
    return run("curl", ["-sS", "--max-time", "20", "--noproxy", "*", ...login, ...args, url]);
  }

  test.each(pop3TlsModes)("lists and reads: %s", async (tls) => {
    const server = await startPop3Server(mail);
    expect(await curl(server, { tls })).toMatchObject({
      code: 0,
      stdout: mail.map(({ length }, place) => `${place + 1} ${length}\r\n`).join(""),
    });
    expect(await curl(server, { tls, path: "1" })).toMatchObject({ code: 0, stdout: trickyMessage.toString() });
    expect((await curl(server, { tls, args: ["-X", "UIDL"] })).stdout).toMatch(/^1 \S+\r\n2 \S+\r\n3 \S+\r\n$/);
    expect((await curl(server, { tls, args: ["-X", "TOP 3 0"] })).stdout).toMatch(/^From: Ann[\s\S]*\r\n\r\n$/);
  });

  test("deletes", async () => {
    const server = await startPop3Server(mail);
    expect(await curl(server, { tls: "implicit", path: "2", args: ["-X", "DELE", "-l"] })).toMatchObject({ code: 0 });
    expect((await server.left()).map(({ length }) => length)).toEqual([mail[0]?.length, mail[2]?.length]);
  });

  test.each(["AUTH=PLAIN", "AUTH=LOGIN", "AUTH=*"])("logs in by %s, and is told of a wrong password", async (how) => {
    const server = await startPop3Server(mail);
    const request = { tls: "STLS", path: "1" } as const;
    const args = ["--login-options", how];
    expect(await curl(server, { ...request, args })).toMatchObject({ code: 0 });
    const { code } = await curl(server, { ...request, args: [...args, "--user", `${ann.address}:wrong`] });
    expect(code).toBe(67);
  });
});

describe.skipIf(!installed("fetchmail"))("fetchmail", () => {
  async function fetchmail(server: Pop3Server, folder: string, options: { tls: Pop3TlsMode; words: string }) {
    const file = join(folder, "fetchmailrc");
    const out = join(folder, "fetched");
    const ssl = options.tls === "implicit" ? "ssl" : "sslproto TLS1.2+";
    const account = `user "${ann.address}" password "${ann.password}"`;
    const trust = `${ssl} sslcertck sslcertfile "${server.certificateFile}" sslcommonname "localhost"`;
    await writeFile(
      file,
      `poll localhost protocol POP3 port ${server.portFor(options.tls)} auth password uidl
         ${account} ${trust} ${options.words} mda "cat >> ${out}"\n`,
      { mode: 0o600 },
    );
    const env = { HOME: folder, FETCHMAILHOME: folder };
    const args = ["-f", file, "--pidfile", join(folder, "pid"), "--invisible", "--timeout", "20"];
    const { code, stdout, stderr } = await run("fetchmail", args, { env });
    return { code, output: stdout + stderr, file: out };
  }

  test.each(pop3TlsModes)("fetches all and leaves nothing: %s", async (tls) => {
    const server = await startPop3Server(mail);
    const folder = temporaryDirectory();
    const fetched = await fetchmail(server, folder, { tls, words: "fetchall nokeep" });
    expect(fetched, fetched.output).toMatchObject({ code: 0 });
    const text = readFileSync(fetched.file, "latin1");
    for (const message of mail)
      expect(text).toContain(withoutCr(message).split("\n\n").slice(1).join("\n\n").trimEnd());
    expect(await server.left()).toEqual([]);
  });

  test("knows by UIDL what it has seen", async () => {
    const server = await startPop3Server(mail);
    const folder = temporaryDirectory();
    const first = await fetchmail(server, folder, { tls: "implicit", words: "keep" });
    expect(first, first.output).toMatchObject({ code: 0 });
    const second = await fetchmail(server, folder, { tls: "implicit", words: "keep" });
    expect(second, second.output).toMatchObject({ code: 1 });
    server.mailboxes.deliver(ann.address, trickyMessage);
    expect((await fetchmail(server, folder, { tls: "implicit", words: "keep" })).code).toBe(0);
    expect(await server.left()).toHaveLength(4);
  });
});

describe.skipIf(!installed("getmail"))("getmail", () => {
  test("hands over byte for byte, deletes, and knows what it has seen", async () => {
    const server = await startPop3Server(mail);
    const folder = await newMaildir();
    const home = temporaryDirectory();
    const getmail = async (remove: boolean) => {
      await writeFile(
        join(home, "getmailrc"),
        `[retriever]
type = SimplePOP3SSLRetriever
server = localhost
port = ${server.portFor("implicit")}
username = ${ann.address}
password = ${ann.password}
ca_certs = ${server.certificateFile}
[destination]
type = MDA_external
path = /bin/sh
arguments = ("-c", "cat > $(mktemp -p $0)", "${folder}/new")
allow_root_commands = true
[options]
read_all = false
delete = ${remove}
delivered_to = false
received = false
`,
        { mode: 0o600 },
      );
      return run("getmail", ["--getmaildir", home, "--rcfile", "getmailrc"], { env: { HOME: home } });
    };
    const first = await getmail(false);
    expect(first, first.stderr + first.stdout).toMatchObject({ code: 0 });
    expect(maildir(folder)).toEqual(mail.map(withoutCr).toSorted());
    await getmail(false);
    expect(maildir(folder)).toHaveLength(3);
    await getmail(true);
    expect(maildir(folder)).toHaveLength(3);
    expect(await server.left()).toEqual([]);
  });
});

describe.skipIf(!installed("mpop"))("mpop", () => {
  test.each(pop3TlsModes)("fetches what is new, in one go of pipelined commands: %s", async (tls) => {
    const server = await startPop3Server(mail);
    const folder = await newMaildir();
    const home = temporaryDirectory();
    await writeFile(
      join(home, "mpoprc"),
      `account default
host localhost
port ${server.portFor(tls)}
user ${ann.address}
password "${ann.password}"
tls on
tls_starttls ${tls === "STLS" ? "on" : "off"}
tls_trust_file ${server.certificateFile}
pipelining on
received_header off
delivery maildir ${folder}
uidls_file ${join(home, "uidls")}
keep on
`,
      { mode: 0o600 },
    );
    const mpop = (...args: string[]) => run("mpop", ["-C", join(home, "mpoprc"), ...args], { env: { HOME: home } });
    const first = await mpop();
    expect(first, first.stderr).toMatchObject({ code: 0 });
    expect(maildir(folder)).toEqual(mail.map(withoutCr).toSorted());
    expect(await mpop()).toMatchObject({ code: 0 });
    expect(maildir(folder)).toHaveLength(3);
    expect(await server.left()).toHaveLength(3);
    expect(await mpop("--keep=off")).toMatchObject({ code: 0 });
    expect(await server.left()).toEqual([]);
  });
});
