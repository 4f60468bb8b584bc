/** Every word that an SMTP session says: codes after RFC 5321 section 4.2, enhanced codes after RFC 3463. */
import type { Answer, DeliveryAnswer, Reply } from "../backend.ts";

export const replies = {
  // Success.
  ok: "250 2.0.0 Ok\r\n",
  senderOk: "250 2.1.0 Ok\r\n",
  recipientOk: "250 2.1.5 Ok\r\n",
  queued: "250 2.0.0 Ok: queued\r\n",
  startContent: "354 End data with <CR><LF>.<CR><LF>\r\n",
  startTls: "220 2.0.0 Ready to start TLS\r\n",
  authenticated: "235 2.7.0 Authentication successful\r\n",
  cannotVerify: "252 2.0.0 Cannot VRFY user, but will take a message and try to deliver it\r\n",

  // Syntax.
  lineTooLong: "500 5.5.2 Line too long\r\n",
  bareLineFeed: "500 5.5.2 Lines end with CRLF: a bare LF is refused\r\n",
  malformedLine: "500 5.5.2 Commands are UTF-8 without NUL and bare CR\r\n",
  unknownCommand: "500 5.5.1 Command not recognized\r\n",
  notImplemented: "502 5.5.1 Command not implemented\r\n",
  noArguments: "501 5.5.4 The command takes no arguments\r\n",
  argumentMissing: "501 5.5.4 The command needs an argument\r\n",
  helloSyntax: "501 5.5.4 A host name or an address literal is needed\r\n",
  mailSyntax: "501 5.5.4 Syntax: MAIL FROM:<address>\r\n",
  rcptSyntax: "501 5.5.4 Syntax: RCPT TO:<address>\r\n",
  bdatSyntax: "501 5.5.4 Syntax: BDAT chunk-size [LAST]\r\n",
  senderSyntax: "501 5.1.7 Bad sender address syntax\r\n",
  recipientSyntax: "501 5.1.3 Bad recipient address syntax\r\n",
  senderNeedsUtf8: "550 5.6.7 The sender address needs SMTPUTF8\r\n",
  recipientNeedsUtf8: "553 5.6.7 The recipient address needs SMTPUTF8\r\n",

  // Sequence.
  badSequence: "503 5.5.1 Bad sequence of commands\r\n",
  mailFirst: "503 5.5.1 MAIL is needed first\r\n",
  nestedMail: "503 5.5.1 The sender was given already\r\n",
  earlyTalker: "554 5.5.1 You spoke before it was your turn\r\n",

  // TLS and AUTH.
  tlsActive: "503 5.5.1 TLS is active already\r\n",
  tlsUnavailable: "502 5.5.1 STARTTLS is not available\r\n",
  authUnavailable: "502 5.5.1 AUTH is not available\r\n",
  authNeedsTls: "538 5.7.11 AUTH needs TLS: use STARTTLS first\r\n",
  authTwice: "503 5.5.1 Authenticated already\r\n",
  authMechanism: "504 5.5.4 Authentication mechanism not supported\r\n",
  authSyntax: "501 5.5.4 Syntax: AUTH mechanism [initial-response]\r\n",
  authMalformed: "501 5.5.2 Cannot decode the response\r\n",
  authCancelled: "501 5.7.0 Authentication cancelled\r\n",
  authInvalid: "535 5.7.8 Authentication credentials invalid\r\n",
  authTemporary: "454 4.7.0 Temporary authentication failure\r\n",

  // Mail.
  tooBig: "552 5.3.4 Message size exceeds the limit\r\n",
  tooManyRecipients: "452 4.5.3 Too many recipients\r\n",
  noRelay: "550 5.7.1 No recipient is accepted here\r\n",
  noMessages: "554 5.3.2 No message is accepted here\r\n",
  bareLineEnd: "550 5.6.11 The message holds a bare CR or a bare LF (RFC 5321 2.3.8)\r\n",
  backendFailed: "451 4.3.0 Temporary failure, try again later\r\n",

  // Ends.
  bye: "221 2.0.0 Bye\r\n",
  tooManyErrors: "421 4.7.0 Too many errors\r\n",
  tooManyCommands: "421 4.7.0 Too many commands without a message\r\n",
  tooManyRejected: "421 4.7.0 Too many rejected recipients\r\n",
  tooManyFailures: "421 4.7.0 Too many failed authentications\r\n",
  timedOut: "421 4.4.2 Timeout exceeded\r\n",
  backendSlow: "421 4.3.0 No answer in time, try again later\r\n",
} as const;

export function greetingReply(hostname: string, banner: string): string {
  return `220 ${hostname} ${banner}\r\n`;
}

/** @param peer the address of the client. */
export function helloReply(hostname: string, peer: string): string {
  return `250 ${hostname} Hello [${peer}]\r\n`;
}

/** The reply to EHLO: RFC 5321 section 4.1.1.1. @param extensions from `extensionLines`. */
export function extensionsReply(hostname: string, peer: string, extensions: string): string {
  return `250-${hostname} Hello [${peer}]\r\n${extensions}`;
}

/** The lines of that reply behind its first one. */
export function extensionLines(extensions: readonly string[]): string {
  const last = extensions.length - 1;
  return extensions.map((extension, index) => `250${index === last ? " " : "-"}${extension}\r\n`).join("");
}

export function challengeReply(base64: string): string {
  return `334 ${base64}\r\n`;
}

export function chunkReply(octets: number): string {
  return `250 2.0.0 ${octets} octets received\r\n`;
}

export function parameterReply(error: { readonly error: "unknown" | "invalid"; readonly keyword: string }): string {
  return error.error === "unknown"
    ? `555 5.5.4 Parameter not recognized: ${error.keyword}\r\n`
    : `501 5.5.4 Bad value or syntax: ${error.keyword}\r\n`;
}

export function shuttingDownReply(hostname: string): string {
  return `421 4.3.2 ${hostname} Service shutting down\r\n`;
}

export function busyReply(hostname: string): string {
  return `421 4.3.2 ${hostname} Too many connections, try again later\r\n`;
}

export function blockedReply(hostname: string): string {
  return `421 4.7.0 ${hostname} Not taking mail from your address\r\n`;
}

/** RFC 5321 section 4.5.3.1.5 allows 512 octets for a reply line. */
const LONGEST_TEXT = 480;

/** A backend gave a code that ends no command, or not an answer for each recipient. */
export class BackendReplyError extends RangeError {
  override readonly name = "BackendReplyError";
  readonly code = "backend-reply-invalid";

  constructor(demand: string) {
    super(`A backend's ${demand}.`);
  }
}

/** Lets an answer pass whose code may end a command. @throws BackendReplyError for any other. */
export function checkAnswer(answer: Answer): Answer {
  if (answer !== undefined && !(Number.isInteger(answer.code) && [2, 4, 5].includes(Math.floor(answer.code / 100)))) {
    throw new BackendReplyError(`reply needs a code of 2xx, 4xx or 5xx, not ${answer.code}`);
  }
  return answer;
}

/** The same for what became of a message. @throws BackendReplyError also unless there is one answer, or one for each recipient. */
export function checkDelivery(answer: DeliveryAnswer, recipients: number): DeliveryAnswer {
  if (!isList(answer)) return checkAnswer(answer);
  if (answer.length !== recipients) {
    throw new BackendReplyError(`list needs an answer for each of the ${recipients} recipients, not ${answer.length}`);
  }
  for (const one of answer) checkAnswer(one);
  return answer;
}

/** `Array.isArray` does not narrow to a readonly array. */
export function isList(answer: DeliveryAnswer): answer is readonly Answer[] {
  return Array.isArray(answer);
}

/** To a message whose backend threw: the error's own `reply`, where that refuses for now. */
export function failureReply(error: unknown): string {
  const reply = error instanceof Error && "reply" in error ? error.reply : null;
  return isReply(reply) && reply.code >= 400 && reply.code < 500 ? backendReply(reply) : replies.backendFailed;
}

function isReply(value: unknown): value is Reply {
  if (typeof value !== "object" || value === null) return false;
  const { code, enhanced, text } = value as Partial<Record<keyof Reply, unknown>>;
  return Number.isInteger(code) && typeof enhanced === "string" && typeof text === "string";
}

/**
 * A backend's reply as one safe reply line: no line ends, control characters or octets above 127 leave the server, and
 * the enhanced code agrees with the code.
 */
export function backendReply(reply: Reply): string {
  const { code } = reply;
  const kind = Math.floor(code / 100);
  const enhanced = /^[245]\.\d{1,3}\.\d{1,3}$/.test(reply.enhanced) && reply.enhanced.startsWith(String(kind));
  const text = reply.text
    .slice(0, LONGEST_TEXT)
    .replace(/[\x00-\x1f\x7f]/g, " ")
    .replace(/[^\x20-\x7e]/g, "?");
  return `${code} ${enhanced ? reply.enhanced : `${kind}.0.0`} ${text}\r\n`;
}
