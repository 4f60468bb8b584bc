import { decodeText, isStateful } from "./charset.ts";

/** One or more encoded words, with nothing but white space between them, which is no part of the text (RFC 2047 6.2). */
const RUN = /=\?[^? \t\r\n]+\?[bq]\?[^? \t\r\n]*\?=(?:[ \t\r\n]+=\?[^? \t\r\n]+\?[bq]\?[^? \t\r\n]*\?=)*/gi;
const WORD = /=\?([^? \t\r\n]+)\?([bq])\?([^? \t\r\n]*)\?=/gi;

/**
 * Decodes encoded words (RFC 2047). A character that was cut in two between words of one charset is put together, where
 * the charset has no state: words of one that has begin and end in ASCII (RFC 2047 3).
 */
export function decodeWords(text: string): string {
  if (!text.includes("=?")) return text;
  return text.replace(RUN, (run) => {
    const pieces: { charset: string; bytes: Buffer[] }[] = [];
    for (const [, name = "", encoding = "", data = ""] of run.matchAll(WORD)) {
      // RFC 2231 5: a language may follow the charset.
      const charset = (name.split("*")[0] ?? "").toLowerCase();
      const bytes = encoding.toLowerCase() === "b" ? Buffer.from(data, "base64") : decodeQ(data);
      const last = pieces.at(-1);
      if (last?.charset === charset && !isStateful(charset)) last.bytes.push(bytes);
      else pieces.push({ charset, bytes: [bytes] });
    }
    return pieces.map(({ charset, bytes }) => decodeText(Buffer.concat(bytes), charset)).join("");
  });
}

function decodeQ(data: string): Buffer {
  const latin = data
    .replaceAll("_", " ")
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(latin, "latin1");
}
