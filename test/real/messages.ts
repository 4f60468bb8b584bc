/** Messages for the clients to send: what is easily changed on the way, and much of it. */

const head = ["From: Ann <ann@example.com>", "To: Bob <bob@example.com>", "Subject: Dots, and more", ""];

/** Lines that begin with dots (RFC 5321 4.5.2), lines that are longer than 998 octets, blank and odd ones. */
export const trickyLines: readonly string[] = [
  ".",
  "..",
  "...",
  ".hidden",
  "  .not at the start",
  "x".repeat(998),
  `.${"y".repeat(5000)}`,
  "DATA",
  "QUIT",
  "From the start of a line",
  "a tab\tand a trailing blank ",
  "",
  "",
  ".",
];

/** ASCII, ended by CRLF. */
export const trickyMessage: Buffer = message(trickyLines);

/** UTF-8 in the body, and octets that are no UTF-8 at all. */
export const eightBitMessage: Buffer = Buffer.concat([
  message(["Grüße aus Köln, שלום, 你好"]),
  Buffer.from([0x80, 0xff, 0xfe, 0xc3, 0x0d, 0x0a]),
]);

/** CRLF between lines and after the last. */
export function message(lines: readonly string[]): Buffer {
  return Buffer.from([...head, ...lines, ""].join("\r\n"));
}

const large = new Map<number, Buffer>();

/** At least `size` octets, no two lines alike, every tenth beginning with a dot. Nobody writes into it. */
export function messageOf(size: number): Buffer {
  const known = large.get(size) ?? linesOf(size);
  if (size > 1_000_000) large.set(size, known);
  return known;
}

function linesOf(size: number): Buffer {
  const lines: string[] = [];
  for (let length = 0, number = 0; length < size; number++) {
    const line = `${number % 10 === 0 ? "." : ""}${number} ${"lorem ipsum dolor sit amet ".repeat(2)}`;
    lines.push(line);
    length += line.length + 2;
  }
  return message(lines);
}

/** Hundreds of times what the buffers of both sides hold. */
export const twentyMegabytes = 20_000_000;
/** Many times that, for further clients of a protocol. */
export const fourMegabytes = 4_000_000;

/** As sent after DATA, without the final dot: a dot before each leading dot (RFC 5321 4.5.2). */
export function dotStuffed(content: Buffer): Buffer {
  return Buffer.from(content.toString("latin1").replace(/^\./gm, ".."), "latin1");
}
