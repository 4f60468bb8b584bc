import { defaultManageSieveLimits, manageSieve } from "../../../src/protocols/manage-sieve/index.ts";
import { describeProtocol } from "./conformance.ts";

const plain = (username: string, password: string): string =>
  Buffer.from(`\0${username}\0${password}`).toString("base64");

describeProtocol({
  open: manageSieve,
  greeting: /^"IMPLEMENTATION" [\s\S]*^OK .*\r\n/m,
  noop: { send: 'NOOP "n"\r\n', reply: /^OK \(TAG "n"\) .*\r\n/m },
  unknown: { send: "XYZZY\r\n", reply: /^NO "There is no such command"\r\n/m },
  longLine: { octets: 20_000, reply: /^BYE .*\r\n/m },
  bareLf: /^BYE .*\r\n/m,
  nul: { send: "NO\0OP\r\n", reply: /^(NO|BYE) .*\r\n/m },
  startTls: { send: "STARTTLS\r\n", reply: /^OK "Begin TLS .*\r\n/m },
  login: (username, password) => `AUTHENTICATE "PLAIN" "${plain(username, password)}"\r\n`,
  accepted: /^OK "Logged in"\r\n/m,
  rejected: /^NO "Name or password .*\r\n/m,
  tooManyFailures: /^BYE .*\r\n/m,
  failures: defaultManageSieveLimits.authenticationFailures,
  busy: /^BYE \(TRYLATER\) .*\r\n$/,
  shuttingDown: /^BYE \(TRYLATER\) .*\r\n/m,
  idle: { milliseconds: defaultManageSieveLimits.commandTimeout, reply: /^BYE .*\r\n$/ },
  beforeLogin: { milliseconds: defaultManageSieveLimits.loginTimeout, reply: /^BYE .*\r\n$/ },
});
