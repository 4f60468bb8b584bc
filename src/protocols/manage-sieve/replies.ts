/** Every word that a ManageSieve session says (RFC 5804 sections 1.2 and 1.3). */
import { findingText, type ScriptFinding } from "../sieve/index.ts";

/** Octets of the longest quoted string (RFC 5804 section 4); a longer one is sent as a literal. */
const LONGEST_QUOTED = 1024;
const UNQUOTABLE = /[\0\r\n]/;

/** A string as the client can read it: quoted where that is possible, else as a literal. */
export function stringText(text: string): string {
  const octets = Buffer.byteLength(text);
  if (octets > LONGEST_QUOTED || UNQUOTABLE.test(text)) return `{${octets}}\r\n${text}`;
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function response(kind: "OK" | "NO" | "BYE", text: string, code?: string): string {
  return `${kind}${code === undefined ? "" : ` (${code})`} ${stringText(text)}\r\n`;
}

const ok = (text: string, code?: string) => response("OK", text, code);
const no = (text: string, code?: string) => response("NO", text, code);
const bye = (text: string, code?: string) => response("BYE", text, code);

export const replies = {
  // Success.
  ready: ok("Gatehouse is ready"),
  capabilities: ok("These are the capabilities"),
  startTls: ok("Begin TLS negotiation now"),
  loggedIn: ok("Logged in"),
  loggedOut: ok("Logged out"),
  done: ok("Done"),
  room: ok("There is room for the script"),
  stored: ok("The script is stored"),
  valid: ok("The script is valid"),
  activated: ok("The script is active"),
  deactivated: ok("No script is active"),
  deleted: ok("The script is deleted"),
  renamed: ok("The script is renamed"),
  scripts: ok("These are all scripts"),
  script: ok("This is the script"),
  unauthenticated: ok("You are logged out, the connection stays"),

  // Syntax and sequence.
  malformed: no('The command could not be understood: words, numbers, "quoted strings" and {n+} literals'),
  unknownCommand: no("There is no such command"),
  wrongArguments: no("The command takes other arguments"),
  loginFirst: no("Log in first"),
  loggedInAlready: no("You are logged in already"),
  stringTooLong: no("A string of the command is too long"),
  badName: no("The name of a script is 1 to 128 characters of UTF-8, without control characters and line separators"),

  // TLS and AUTHENTICATE.
  tlsActive: no("TLS is active already"),
  tlsUnavailable: no("TLS is not available"),
  authUnavailable: no("Nobody can log in here"),
  authNeedsTls: no("Log in under TLS only: use STARTTLS first", "ENCRYPT-NEEDED"),
  authMechanism: no("This mechanism is not supported"),
  authMalformed: no("The response is malformed"),
  authCancelled: no("The exchange was cancelled"),
  authInvalid: no("Name or password is wrong"),

  // Scripts.
  noScript: no("There is no script by that name", "NONEXISTENT"),
  scriptExists: no("There is a script by that name already", "ALREADYEXISTS"),
  activeScript: no("The active script cannot be deleted", "ACTIVE"),
  scriptTooLarge: no("The script is too large", "QUOTA/MAXSIZE"),
  tooManyScripts: no("There are as many scripts as there may be", "QUOTA/MAXSCRIPTS"),
  overQuota: no("There is no room left in the account", "QUOTA"),
  temporary: no("Temporary failure, try again later", "TRYLATER"),

  // Ends.
  lineTooLong: bye("The line is too long"),
  literalTooLong: bye("The string is far too long", "QUOTA/MAXSIZE"),
  bareLineFeed: bye("Lines end with CRLF: a bare LF is refused"),
  lost: bye("Where the command ends is unclear: literals are {n+}, and lines are UTF-8 without NUL and bare CR"),
  notHttp: bye("This port speaks ManageSieve, not HTTP"),
  notTls: bye("This port speaks ManageSieve in clear; TLS starts with STARTTLS"),
  tooManyErrors: bye("Too many errors"),
  tooManyCommands: bye("Too many commands without a log-in"),
  tooManyFailures: bye("Too many failures to log in"),
  idle: bye("You were silent for too long"),
  loginTimeout: bye("You did not log in in time"),
  mailboxSlow: bye("No answer in time, try again later", "TRYLATER"),
  shuttingDown: bye("The server is shutting down", "TRYLATER"),
  busy: bye("Too many connections, try again later", "TRYLATER"),
  blocked: bye("Nobody can log in from your address"),
} as const;

/** The answer to NOOP with a string. */
export function tagReply(tag: string): string {
  return ok("Done", `TAG ${stringText(tag)}`);
}

/** A script that is not valid: its first error. */
export function invalidReply(error: ScriptFinding): string {
  return no(findingText(error));
}

/** A script that is valid, and probably not what was meant. */
export function warningsReply(warnings: readonly ScriptFinding[]): string {
  return ok(warnings.map(findingText).join("\r\n"), "WARNINGS");
}

export function challengeReply(base64: string): string {
  return `${stringText(base64)}\r\n`;
}

/** @param value undefined for a capability that is only there or not. */
export function capabilityLine(name: string, value?: string): string {
  return value === undefined ? `"${name}"\r\n` : `"${name}" ${stringText(value)}\r\n`;
}

export function scriptLine(name: string, active: boolean): string {
  return `${stringText(name)}${active ? " ACTIVE" : ""}\r\n`;
}
