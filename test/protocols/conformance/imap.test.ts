import { defaultImapLimits, imap } from "../../../src/protocols/imap/index.ts";
import { describeProtocol } from "./conformance.ts";

describeProtocol({
  open: imap,
  greeting: /^\* OK \[CAPABILITY .*\r\n/,
  noop: { send: "n NOOP\r\n", reply: /^n OK .*\r\n/m },
  unknown: { send: "x XYZZY\r\n", reply: /^x BAD .*\r\n/m },
  // The line is skipped for a while: it is a command that is not understood, until there is too much to skip.
  longLine: { octets: 70_000, reply: /^\* BYE .*\r\n/m },
  bareLf: /^\* BYE .*\r\n/m,
  nul: { send: "n NO\0OP\r\n", reply: /^(n BAD|\* BAD|\* BYE) .*\r\n/m },
  startTls: { send: "s STARTTLS\r\n", reply: /^s OK .*\r\n/m },
  login: (username, password) => `l LOGIN ${username} ${password}\r\n`,
  accepted: /^l OK .*\r\n/m,
  rejected: /^l NO .*\r\n/m,
  tooManyFailures: /^\* BYE .*\r\n/m,
  failures: defaultImapLimits.authenticationFailures,
  busy: /^\* BYE .*\r\n$/,
  shuttingDown: /^\* BYE .*\r\n/m,
  idle: { milliseconds: defaultImapLimits.commandTimeout, reply: /^\* BYE .*\r\n$/ },
  beforeLogin: { milliseconds: defaultImapLimits.loginTimeout, reply: /^\* BYE .*\r\n$/ },
});
