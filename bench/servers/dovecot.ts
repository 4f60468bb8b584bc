/** A peer: Dovecot's IMAP and POP3 servers over TLS, with a Maildir of the same messages. */
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageAt, password } from "../load/mailbox.ts";
import { isInstalled } from "../machine.ts";
import { type ProgramServer, startProgram } from "../program-server.ts";
import { freePort } from "./free-port.ts";

/** Why it cannot run, or null. */
export function dovecotMissing(): string | null {
  const programs = ["dovecot", "/usr/lib/dovecot/imap", "/usr/lib/dovecot/pop3"];
  if (!programs.every(isInstalled)) return "Dovecot's IMAP and POP3 servers are not installed.";
  return process.getuid?.() === 0 ? null : "Dovecot needs root here.";
}

export type Dovecot = ProgramServer & {
  /** Over TLS. */
  readonly pop3Port: number;
};

/** In this empty directory. */
export async function startDovecot(
  directory: string,
  { certificate, messages }: { readonly certificate: string; readonly messages: number },
): Promise<Dovecot> {
  const [port, clearPort, pop3Port] = [await freePort(), await freePort(), await freePort()];
  const user = idOf("-u");
  const group = idOf("-g");
  const maildir = join(directory, "mail", "Maildir");
  for (const name of ["", "cur", "new", "tmp"]) mkdirSync(join(maildir, name), { recursive: true });
  for (let index = 0; index < messages; index += 1) {
    const file = join(maildir, "cur", `${1_700_000_000 + index}.M${index}.localhost:2,`);
    writeFileSync(file, messageAt(index).toString("latin1").replaceAll("\r\n", "\n"), "latin1");
    chownSync(file, user, group);
  }
  for (const name of ["", "cur", "new", "tmp", ".."]) chownSync(join(maildir, name), user, group);
  chmodSync(directory, 0o755);
  const file = join(directory, "dovecot.conf");
  writeFileSync(file, configuration({ directory, certificate, port, clearPort, pop3Port, user, group }));
  const server = await startProgram({ file: "dovecot", args: ["-F", "-c", file] }, { port: clearPort, served: port });
  return Object.assign(server, { pop3Port });
}

function idOf(flag: string): number {
  return Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
}

function configuration(of: {
  readonly directory: string;
  readonly certificate: string;
  readonly port: number;
  readonly clearPort: number;
  readonly pop3Port: number;
  readonly user: number;
  readonly group: number;
}): string {
  return `
protocols = imap pop3
listen = 127.0.0.1
base_dir = ${of.directory}/run
state_dir = ${of.directory}/state
log_path = ${of.directory}/log
ssl = yes
ssl_cert = <${of.certificate}
ssl_key = <${of.certificate}
first_valid_uid = 1
mail_location = maildir:~/Maildir
passdb {
  driver = static
  args = password=${password}
}
userdb {
  driver = static
  args = uid=${of.user} gid=${of.group} home=${of.directory}/mail
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${of.clearPort}
  }
  inet_listener imaps {
    port = ${of.port}
    ssl = yes
  }
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = 0
  }
  inet_listener pop3s {
    port = ${of.pop3Port}
    ssl = yes
  }
}
`;
}
