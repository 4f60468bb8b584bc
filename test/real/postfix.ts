/** A Postfix of the test's own: configuration, queue and log in a folder, no port, and the end comes with the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { installed, run } from "./programs.ts";

/** Postfix has to start as root: it takes the rights of its own user then. */
export const postfixRuns = installed("postfix") && (process.env["CI"] !== undefined || process.getuid?.() === 0);

/** Seconds after which the Postfix ends, even if the test has been killed. */
const lifetime = 60;

const services = `
pickup     unix       n - n 1 1 pickup
cleanup    unix       n - n - 0 cleanup
qmgr       unix       n - n 1 1 qmgr
tlsmgr     unix       - - n 1000? 1 tlsmgr
rewrite    unix       - - n - - trivial-rewrite
bounce     unix       - - n - 0 bounce
defer      unix       - - n - 0 bounce
trace      unix       - - n - 0 bounce
verify     unix       - - n - 1 verify
flush      unix       n - n 1000? 0 flush
proxymap   unix       - - n - - proxymap
showq      unix       n - n - - showq
error      unix       - - n - - error
retry      unix       - - n - - error
discard    unix       - - n - - discard
lmtp       unix       - - n - - lmtp
scache     unix       - - n - 1 scache
postlog    unix-dgram n - n - 1 postlogd
`;

export interface Postfix {
  /** Puts a message in the queue, as a program on the same machine does. */
  submit(recipients: readonly string[], content: Buffer): Promise<void>;
  /** Waits until the log has this, and gives the whole log. */
  logged(wanted: RegExp): Promise<string>;
  /** Tries at once what was put off. */
  retry(): Promise<void>;
}

/**
 * Delivers mail for `example.com` by LMTP to this port of loopback, and drops its own reports.
 * @param settings further lines of `main.cf`.
 */
export async function startPostfix(port: number, settings: Readonly<Record<string, string>> = {}): Promise<Postfix> {
  const folder = temporaryDirectory();
  const at = (name: string) => join(folder, name);
  // Postfix' own user has to get through.
  chmodSync(folder, 0o755);
  for (const name of ["etc", "queue", "data", "log"]) mkdirSync(at(name), { mode: 0o755 });
  const main = {
    compatibility_level: "3.6",
    queue_directory: at("queue"),
    data_directory: at("data"),
    maillog_file: at("log/mail.log"),
    maillog_file_prefixes: folder,
    inet_interfaces: "127.0.0.1",
    inet_protocols: "ipv4",
    myhostname: "relay.example.net",
    mydestination: "",
    local_recipient_maps: "",
    alias_maps: "",
    alias_database: "",
    virtual_mailbox_domains: "example.com",
    virtual_transport: `lmtp:inet:[127.0.0.1]:${port}`,
    default_transport: "discard:",
    ...settings,
  };
  writeFileSync(
    at("etc/main.cf"),
    Object.entries(main)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(""),
  );
  writeFileSync(at("etc/master.cf"), services);
  await run("chown", ["postfix", at("data")]);
  const checked = await run("postfix", ["-c", at("etc"), "check"]);
  expect(checked, checked.stderr).toMatchObject({ code: 0 });

  const master = spawn("/usr/lib/postfix/sbin/master", ["-d", "-c", at("etc"), "-e", String(lifetime)], {
    stdio: "ignore",
    env: { ...process.env, MAIL_CONFIG: at("etc"), MAIL_LOGTAG: "postfix" },
  });
  onTestFinished(() => ended(master));
  const log = (): string => readFileSync(at("log/mail.log"), { encoding: "utf8", flag: "a+" });
  const logged = async (wanted: RegExp): Promise<string> => {
    await expect.poll(log, { interval: 50 }).toMatch(wanted);
    return log();
  };
  await logged(/daemon started/);
  return {
    logged,
    async submit(recipients, content) {
      const args = ["-C", at("etc"), "-i", "-B8BITMIME", "-f", "sender@example.org", ...recipients];
      const { code, stderr } = await run("/usr/sbin/sendmail", args, { input: content });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    },
    async retry() {
      expect(await run("postqueue", ["-c", at("etc"), "-f"])).toMatchObject({ code: 0 });
    },
  };
}

/** Its children end with it. */
async function ended(master: ChildProcess): Promise<void> {
  if (master.exitCode !== null || master.signalCode !== null) return;
  const exit = once(master, "exit");
  master.kill("SIGTERM");
  await exit;
}
