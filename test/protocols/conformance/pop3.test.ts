import { defaultPop3Limits, pop3 } from "../../../src/protocols/pop3/index.ts";
import { describeProtocol } from "./conformance.ts";

describeProtocol({
  open: pop3,
  greeting: /^\+OK localhost POP3 .*\r\n/,
  // NOOP belongs to the transaction state.
  noop: { send: "LANG *\r\n", reply: /^\+OK en .*\r\n/m },
  unknown: { send: "XYZZY\r\n", reply: /^-ERR Command not recognized\r\n/m },
  longLine: { octets: 2049, reply: /^-ERR Line too long\r\n/m },
  bareLf: /^-ERR .*bare LF.*\r\n/m,
  nul: { send: "CA\0PA\r\n", reply: /^-ERR .*NUL.*\r\n/m },
  startTls: { send: "STLS\r\n", reply: /^\+OK Begin TLS .*\r\n/m },
  login: (username, password) => `USER ${username}\r\nPASS ${password}\r\n`,
  accepted: /^\+OK 0 messages\r\n/m,
  rejected: /^-ERR \[AUTH\] .*\r\n/m,
  tooManyFailures: /^-ERR \[AUTH\] Too many failed log-ins\r\n/m,
  failures: defaultPop3Limits.authenticationFailures,
  busy: /^-ERR \[SYS\/TEMP\] .*\r\n$/,
  shuttingDown: /^-ERR \[SYS\/TEMP\] localhost Server shutting down\r\n/m,
  // RFC 1939 section 3: "without … sending any response to the client".
  idle: { milliseconds: defaultPop3Limits.idleTimeout, reply: null },
  beforeLogin: { milliseconds: defaultPop3Limits.loginTimeout, reply: /^-ERR \[SYS\/TEMP\] .*\r\n$/ },
});
