import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { charsetDecoder, decodeText } from "../../../src/mailbox/message/charset.ts";
import { decodeWords } from "../../../src/mailbox/message/encoded-words.ts";
import { fieldsOf, textOf } from "../../../src/mailbox/message/header-fields.ts";
import { transferDecoder } from "../../../src/mailbox/message/transfer-encoding.ts";

const octets = (text: string) => Buffer.from(text, "latin1");

describe("charsets", () => {
  it.each([
    ["utf-7", "Gr+APwA3w-e", "Grüße"],
    ["UNICODE-1-1-UTF-7", "Gr+APwA3w-e", "Grüße"],
    ["cp932", "\x93\xfa\x96\x7b", "日本"],
    ["iso-2022-jp", "\x1b$BF|K\\\x1b(B!", "日本!"],
    ["ISO-2022-JP-MS", "\x1b$BF|K\\\x1b(B!", "日本!"],
    ["iso-2022-kr", "\x1b$)C\x0eGQ1[\x0f ok", "한글 ok"],
    ["iso-2022-cn", "\x1b$)A\x0eVPND\x0f ok", "中文 ok"],
    ["hz-gb-2312", "~{VPND~} ~~ ~\nok", "中文 ~ ok"],
    ["ibm850", "Gr\x81\xe1e", "Grüße"],
    ["cp437", "Gr\x81\xe1e", "Grüße"],
    ["utf-16", "\xfe\xff\0G\0\xfc", "Gü"],
    ["ks_c_5601-1987", "\xc7\xd1\x8c\x63\x81\x41", "한똠갂"],
    ["EUC-KR", "\xc7\xd1\xb1\xdb", "한글"],
    ["windows-949", "\x8c\x63", "똠"],
    ["big5", "\xc1\x63\xc5\xe9\x87\x40", "繁體䏰"],
    ["Big5-HKSCS", "\x87\x40", "䏰"],
    ["gb2312", "\xbc\xf2\xa2\xd9", "简①"],
    ["euc-jp", "\xc6\xfc\xad\xa1", "日①"],
    ["ISO-8859-15", "\xa4", "€"],
    [" utf-8 ", "\xc3\xbc", "ü"],
    ["nobody-knows-it", "plain \xfc", "plain ü"],
    ["base64", "plain", "plain"],
    ["hex", "plain", "plain"],
    ["constructor", "plain", "plain"],
  ])("%s is read, also in pieces of one octet", (charset, text, expected) => {
    expect(decodeText(octets(text), charset)).toBe(expected);
    const decoder = charsetDecoder(charset);
    const pieces = [...octets(text)].map((octet) => decoder.write(Buffer.from([octet])));
    expect(pieces.join("") + decoder.end()).toBe(expected);
  });
});

describe("encoded words", () => {
  it.each([
    ["=?ISO-2022-JP?B?GyRCRnwbKEI=?= =?ISO-2022-JP?B?GyRCS1wbKEI=?=", "日本"],
    ["=?utf-7?Q?+APw-?= =?utf-7?Q?+AN8-?=", "üß"],
    ["=?hz?Q?~{VP~}?= =?hz?Q?~{ND~}?=", "中文"],
    ["=?utf-8?B?w7w=?==?utf-8?Q?x?=", "üx"],
    ["=?utf-8?Q?=C3?= =?UTF-8*de?Q?=BC?=", "ü"],
    ["=?utf-8?Q?a?=\u3000=?utf-8?Q?b?=", "a\u3000b"],
    ["=?utf-8?Q?a?=\u00a0=?utf-8?Q?b?=", "a\u00a0b"],
    ["=?utf-8?Q?a?=\r\n\t=?utf-8?Q?b?=", "ab"],
  ])("%j means %j", (text, expected) => {
    expect(decodeWords(text)).toBe(expected);
  });
});

describe("header fields", () => {
  const read = (header: string | Buffer) =>
    [...fieldsOf(Buffer.from(header as string))].map(({ name, raw }) => [name, textOf(raw)]);

  it("are unfolded, and read as UTF-8 where they are", () => {
    expect(read("A: b\r\n c\r\n\td \r\nB : \u3000x\u00a0\nno colon\nC:\r\n\r\n")).toEqual([
      ["a", "b c\td"],
      ["b", "\u3000x\u00a0"],
      ["c", ""],
    ]);
    expect(read("A: replaced \ufffd by another\r\n")).toEqual([["a", "replaced \ufffd by another"]]);
    expect(read(octets("A: Gr\xfc\xdfe\r\n"))).toEqual([["a", "Grüße"]]);
    expect(read(octets("A: a\0b\rc\r\n"))).toEqual([["a", "a b c"]]);
  });

  it("do not begin with white space", () => {
    expect(read(" A: b\r\nC: d\r\n")).toEqual([["c", "d"]]);
  });

  it("are found in time that grows with the header alone", () => {
    const start = process.cpuUsage();
    expect(read(`${"no colon\n".repeat(100_000)}A: b\n`)).toEqual([["a", "b"]]);
    expect(read(`${"no colon\n".repeat(100_000)}`)).toEqual([]);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(1000);
  });
});

describe("transfer encodings", () => {
  const cut = fc.integer({ min: 1, max: 7 });
  function decoded(encoding: string, input: Buffer, piece: number): Buffer {
    const decoder = transferDecoder(encoding);
    const pieces: Buffer[] = [];
    for (let at = 0; at < input.length; at += piece) pieces.push(decoder.write(input.subarray(at, at + piece)));
    return Buffer.concat([...pieces, decoder.end()]);
  }

  it("undo base64, whatever stands between its characters", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        cut,
        fc.constantFrom("\r\n", " ", "!", ""),
        (bytes, piece, noise) => {
          const text = Buffer.from(bytes).toString("base64").replace(/.{5}/g, `$&${noise}`);
          expect(decoded("BASE64", octets(text), piece)).toEqual(Buffer.from(bytes));
        },
      ),
    );
    expect(decoded("BASE64", octets("YQ==Yg=="), 3).toString()).toBe("ab");
  });

  it("undo quoted-printable, soft line breaks and what is none of it included", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        cut,
        fc.constantFrom("=\r\n", "= \t\n", ""),
        (bytes, piece, soft) => {
          const text = [...bytes].map((byte) => `=${byte.toString(16).padStart(2, "0")}${soft}`).join("");
          expect(decoded("QUOTED-PRINTABLE", octets(text), piece)).toEqual(Buffer.from(bytes));
        },
      ),
    );
    for (const piece of [1, 2, 3, 100]) {
      expect(decoded("QUOTED-PRINTABLE", octets("a=3Db =zz =\r\nc=4"), piece).toString("latin1")).toBe("a=b =zz c=4");
    }
  });
});
