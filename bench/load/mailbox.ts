/** A mailbox as people have it: the same messages in each run, for every server. */

export const owner = "ann@localhost";
export const password = "secret";

/** Found in the subject and in the text of some messages, and as a sender of some. */
export const needles = { subject: "quarterly report", from: "carla", body: "windmill" } as const;

const words = (
  "the of and to in is it you that he was for on are with as his they be at one have this from or had by hot but some " +
  "what there we can out other were all your when up use word how said an each she which do their time if will way about"
).split(" ");
const people = ["anna", "boris", "carla", "dmitri", "elena", "farid", "greta", "hugo", "ines", "jonas"];

/** Message `index`, of one to five KiB with its header. A third has plain text and HTML, some are in base64. */
export function messageAt(index: number): Buffer {
  const random = randomFrom(index + 1);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const text = (count: number) => Array.from({ length: count }, () => pick(words)).join(" ");
  const lines = (count: number) => Array.from({ length: count }, () => text(12)).join("\r\n");
  const subject = index % 50 === 0 ? `Re: ${needles.subject} ${index}` : text(5);
  const person = pick(people);
  const body = `${lines(10 + Math.floor(random() * 30))}${index % 40 === 0 ? `\r\n${needles.body}` : ""}`;
  return Buffer.from(`${headerOf(index, { subject, person, signature: text(60) })}${bodyOf(index, body)}`, "utf8");
}

function headerOf(
  index: number,
  { subject, person, signature }: { readonly subject: string; readonly person: string; readonly signature: string },
): string {
  const isEncoded = index % 5 === 0;
  const shown = isEncoded ? `=?utf-8?B?${Buffer.from(`${subject} – é`).toString("base64")}?=` : subject;
  const date = new Date(Date.UTC(2026, 0, 1) + index * 600_000).toUTCString().replace("GMT", "+0000");
  return [
    `Return-Path: <${person}@example.com>`,
    `Received: from mail.example.com (mail.example.com [192.0.2.1])\r\n\tby mx.example.net with ESMTPS id ${index}\r\n\tfor <${owner}>; ${date}`,
    `DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=main;\r\n\tb=${signature.replaceAll(" ", "\r\n\t ")}`,
    `Date: ${date}`,
    `From: "${person} ${person}son" <${person}@example.com>`,
    `To: Ann <${owner}>, Team <team@example.net>`,
    `Subject: ${shown}`,
    `Message-ID: <${index}.${person}@example.com>`,
    `References: <${index - 1}.${person}@example.com>`,
    "MIME-Version: 1.0",
    "",
  ].join("\r\n");
}

function bodyOf(index: number, text: string): string {
  if (index % 3 === 0) {
    const parts = [
      `Content-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`,
      `Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p class=3D"x">${text}</p>\r\n`,
    ];
    return `Content-Type: multipart/alternative; boundary=edge\r\n\r\n--edge\r\n${parts.join("--edge\r\n")}--edge--\r\n`;
  }
  if (index % 10 !== 1) return `Content-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`;
  const encoded = Buffer.from(text).toString("base64").replace(/.{76}/g, "$&\r\n");
  return `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${encoded}\r\n`;
}

/** Numbers from 0 up to 1 (xorshift32). */
function randomFrom(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
}
