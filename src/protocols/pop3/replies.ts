/** Every word that a POP3 session says; response codes after RFC 2449 section 8 and RFC 3206. */

export const replies = {
  // Success.
  ok: "+OK\r\n",
  capabilities: "+OK Capability list follows\r\n",
  languages: "+OK Language listing follows:\r\nen English English\r\ni-default Default Default\r\n.\r\n",
  utf8: "+OK UTF-8 is on\r\n",
  startTls: "+OK Begin TLS negotiation\r\n",
  nameGiven: "+OK Send PASS\r\n",
  reset: "+OK No message is marked as deleted any more\r\n",
  bye: "+OK Bye\r\n",

  // Syntax and sequence.
  lineTooLong: "-ERR Line too long\r\n",
  bareLineFeed: "-ERR Lines end with CRLF: a bare LF is refused\r\n",
  malformedLine: "-ERR Commands are UTF-8 without NUL and bare CR\r\n",
  unknownCommand: "-ERR Command not recognized\r\n",
  notHttp: "-ERR This port speaks POP3, not HTTP\r\n",
  notTls: "-ERR This port speaks POP3 in clear; TLS starts with STLS\r\n",
  noArguments: "-ERR The command takes no arguments\r\n",
  numberNeeded: "-ERR The command needs a message number\r\n",
  topSyntax: "-ERR Syntax: TOP message-number lines\r\n",
  nameNeeded: "-ERR Syntax: USER name\r\n",
  passwordNeeded: "-ERR Syntax: PASS password\r\n",
  loginFirst: "-ERR Log in first\r\n",
  loggedIn: "-ERR Logged in already\r\n",
  userFirst: "-ERR USER is needed first\r\n",
  languageUnknown: "-ERR Language not supported\r\n",

  // TLS and log-in.
  tlsActive: "-ERR TLS is active already\r\n",
  tlsUnavailable: "-ERR STLS is not available\r\n",
  loginUnavailable: "-ERR [SYS/PERM] Log-in is not available\r\n",
  loginNeedsTls: "-ERR Log-in needs TLS: use STLS first\r\n",
  authMechanism: "-ERR Authentication mechanism not supported\r\n",
  authSyntax: "-ERR Syntax: AUTH mechanism [initial-response]\r\n",
  authMalformed: "-ERR Cannot decode the response\r\n",
  authCancelled: "-ERR Authentication cancelled\r\n",
  credentialsWrong: "-ERR [AUTH] Name or password is wrong\r\n",
  loginFailed: "-ERR [SYS/TEMP] Log-in failed for now, try again later\r\n",

  // Mail.
  inUse: "-ERR [IN-USE] Another session has this mailbox open\r\n",
  mailboxFailed: "-ERR [SYS/TEMP] The mailbox failed, try again later\r\n",
  messageUnknown: "-ERR No such message\r\n",
  messageDeleted: "-ERR The message is marked as deleted\r\n",
  messageGone: "-ERR The message was removed meanwhile\r\n",
  notRemoved: "-ERR [SYS/TEMP] Some deleted messages were not removed\r\n",

  // Ends.
  tooManyErrors: "-ERR Too many errors\r\n",
  tooManyFailures: "-ERR [AUTH] Too many failed log-ins\r\n",
  loginTimedOut: "-ERR [SYS/TEMP] The log-in took too long\r\n",
} as const;

export function greetingReply(hostname: string, banner: string): string {
  return `+OK ${hostname} ${banner}\r\n`;
}

export function challengeReply(base64: string): string {
  return `+ ${base64}\r\n`;
}

export function languageReply(tag: string): string {
  return `+OK ${tag} Language chosen\r\n`;
}

export function shuttingDownReply(hostname: string): string {
  return `-ERR [SYS/TEMP] ${hostname} Server shutting down\r\n`;
}

export function busyReply(hostname: string): string {
  return `-ERR [SYS/TEMP] ${hostname} Too many connections, try again later\r\n`;
}

export function blockedReply(hostname: string): string {
  return `-ERR [SYS/PERM] ${hostname} Not serving your address\r\n`;
}
