/** The most expensive messages: each has one shape, and is as large as allowed. */
import { pieces } from "./attack.ts";

export interface HostileMessage {
  /** Also the local part of the account that gets it. */
  readonly name: string;
  readonly what: string;
  body(octets: number): Iterable<string | Buffer>;
}

const mime = "From: a@example.com\r\nMIME-Version: 1.0\r\n";
const mixed = (boundary: string): string => `Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n`;
/** The space left for the pattern: the envelope's fields and ends take little. */
const margin = 4_096;

export const hostileMessages: readonly HostileMessage[] = [
  shape("lines", "of lines of one octet", { head: "Subject: a\r\n\r\n", pattern: "a\r\n" }),
  shape("dots", "of dots", { head: "Subject: a\r\n\r\n", pattern: "..\r\n" }),
  shape("long", "of lines of 65,534 octets", { head: "Subject: a\r\n\r\n", pattern: `${"x".repeat(65_532)}\r\n` }),
  shape("fields", "of header fields", { head: "Subject: a\r\n", pattern: "a:\r\n" }),
  {
    name: "names",
    what: "of header fields with names of their own",
    *body(octets) {
      const field = (index: number): string => `x${String(index).padStart(7, "0")}:\r\n`;
      for (let index = 0; index < (octets - margin) / 11; index += 1_000)
        yield Array.from({ length: 1_000 }, (_, each) => field(index + each)).join("");
      yield "\r\n";
    },
  },
  shape("addresses", "of addresses in To", { head: "To: a@b", pattern: ",\r\n a@b" }),
  shape("bare", "of addresses in To without commas", { head: "To: a@b", pattern: "\r\n a@b" }),
  shape("brackets", "of < in To", { head: "To: <", pattern: "\r\n <<<<<<<<<<<<" }),
  shape("comments", "of ( in To", { head: "To: (", pattern: "\r\n ((((((((((((" }),
  shape("words", "of encoded words in Subject", { head: "Subject:", pattern: "\r\n =?utf-8?q?=C3=A4?=" }),
  shape("parameters", "of parameters of Content-Type", {
    head: `${mime}Content-Type: text/plain`,
    pattern: ";\r\n a*0*=utf-8''%C3%A4",
  }),
  shape("parts", "of empty parts", { head: `${mime}${mixed("b")}`, pattern: "--b\r\n\r\n" }),
  shape("messages", "of messages of 900 parts each", {
    head: `${mime}${mixed("b")}`,
    pattern: `--b\r\nContent-Type: message/rfc822\r\n\r\n${mixed("c")}${"--c\r\n\r\n".repeat(900)}--c--\r\n`,
  }),
  {
    name: "nested",
    what: "of multiparts in each other",
    *body(octets) {
      yield mime;
      const levels = Math.floor((octets - margin) / 70);
      for (let level = 0; level < levels; level += 1) yield `${mixed(`b${level}`)}--b${level}\r\n`;
    },
  },
  shape("encoded", "of base64", {
    head: `${mime}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n`,
    pattern: `${"w6TDpMOk".repeat(9)}\r\n`,
  }),
];

interface Shape {
  readonly head: string;
  /** Repeated to the end. */
  readonly pattern: string;
}

function shape(name: string, what: string, { head, pattern }: Shape): HostileMessage {
  return {
    name,
    what,
    *body(octets) {
      yield head;
      yield* pieces(pattern, octets - head.length - margin);
      yield "\r\n";
    },
  };
}
