import type { ProtocolFixture } from "./conformance.ts";

const plain = (username: string, password: string): string =>
  Buffer.from(`\0${username}\0${password}`).toString("base64");

/** What SMTP and LMTP have in common. */
export const smtpWords: Omit<ProtocolFixture, "open" | "greeting" | "hello"> = {
  noop: { send: "NOOP\r\n", reply: /^250 2\.0\.0 Ok\r\n/m },
  unknown: { send: "XYZZY\r\n", reply: /^500 5\.5\.1 .*\r\n/m },
  longLine: { octets: 2049, reply: /^500 5\.5\.2 Line too long\r\n/m },
  bareLf: /^500 5\.5\.2 .*bare LF.*\r\n/m,
  nul: { send: "NO\0OP\r\n", reply: /^500 5\.5\.2 .*\r\n/m },
  startTls: { send: "STARTTLS\r\n", reply: /^220 2\.0\.0 .*\r\n/m },
  login: (username, password) => `AUTH PLAIN ${plain(username, password)}\r\n`,
  accepted: /^235 2\.7\.0 .*\r\n/m,
  rejected: /^535 5\.7\.8 .*\r\n/m,
  tooManyFailures: /^421 4\.7\.0 Too many failed authentications\r\n/m,
  failures: 3,
  busy: /^421 4\.3\.2 .*\r\n$/,
  shuttingDown: /^421 4\.3\.2 .*shutting down\r\n/m,
  idle: { milliseconds: 300_000, reply: /^421 4\.4\.2 .*\r\n$/ },
  beforeLogin: { milliseconds: 600_000, reply: /^421 4\.4\.2 .*\r\n$/ },
};
