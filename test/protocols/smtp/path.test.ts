import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAnyPath, parsePath } from "../../../src/protocols/smtp/path.ts";

describe("parsePath", () => {
  it.each([
    ["<a@b.c>", "a@b.c", ""],
    [" <a@b.c>", "a@b.c", ""],
    ["< a@b.c >", "a@b.c", ""],
    ["<a@b.c> SIZE=1", "a@b.c", "SIZE=1"],
    ["a@b.c SIZE=1", "a@b.c", "SIZE=1"],
    ["<>", "", ""],
    ["<> RET=HDRS", "", "RET=HDRS"],
    ["<a@localhost>", "a@localhost", ""],
    ["<a+tag=x!#$%&'*/?^_`{|}~-@b.c>", "a+tag=x!#$%&'*/?^_`{|}~-@b.c", ""],
    ["<first.last@my_host.b-c.example>", "first.last@my_host.b-c.example", ""],
    ["<@a.example,@b.example:joe@c.example>", "joe@c.example", ""],
    ['<"joe"@b.c>', "joe@b.c", ""],
    ['<"j.o.e"@b.c>', "j.o.e@b.c", ""],
    ['<"j\\o\\e"@b.c>', "joe@b.c", ""],
    ['<"joe blow"@b.c>', '"joe blow"@b.c', ""],
    ['<"a@b>c"@b.c> X', '"a@b>c"@b.c', "X"],
    ['<"a\\"b\\\\"@b.c>', '"a\\"b\\\\"@b.c', ""],
    ['<""@b.c>', '""@b.c', ""],
    ["<a@[192.0.2.1]>", "a@[192.0.2.1]", ""],
    ["<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]", ""],
    ["<a@[ipv6:::ffff:192.0.2.1]>", "a@[ipv6:::ffff:192.0.2.1]", ""],
    ["<a@b.>", "a@b", ""],
    ["<a@b.example.>", "a@b.example", ""],
    ["<a..b@docomo.example>", '"a..b"@docomo.example', ""],
    ["<.a@docomo.example>", '".a"@docomo.example', ""],
    ["<a.@docomo.example> SIZE=1", '"a."@docomo.example', "SIZE=1"],
    ['<"a..b"@docomo.example>', '"a..b"@docomo.example', ""],
    ['<"a".b."c d"@e.example>', '"a.b.c d"@e.example', ""],
    ["<@a.example, @[192.0.2.1], @[IPv6:::1]: joe@c.example>", "joe@c.example", ""],
    ["<ü@bücher.example>", "ü@bücher.example", ""],
    [`<${"x".repeat(254)}@b.c>`, `${"x".repeat(254)}@b.c`, ""],
  ])("reads %s as %s", (text, address, rest) => {
    expect(parsePath(text, "reverse")).toEqual({ address, rest });
  });

  it.each([
    ...["", "<", ">", "<a@b.c", "a", "<a>", "<@b.c>", "<a@>", "<a@b@c>", "<a b@c.d>", "<a@b c>", "<a@b..c>", "<a@.b>"],
    ...[
      "<a@b..>",
      "<a@.>",
      "<a@[192.0.2.1].>",
      "<a\x85b@c.d>",
      '<"a\u2028b"@c.d>',
      "<a@b\u0080.c>",
      "<a@-b.c>",
      "<a@b-.c>",
      "<a@b.c>x",
      "<<a@b.c>>",
      "<a@b.c>>",
    ],
    ...[
      '<"a@b.c>',
      '<"a"b@c.d>',
      '<"a\nb"@c.d>',
      '<a"b"@c.d>',
      "<a@[192.0.2.256]>",
      "<a@[192.0.2]>",
      "<a@[2001:db8::1]>",
    ],
    ...["<a@[IPv6:1::2::3]>", "<a@[IPv6:]>", "<a@[x:y]>", "<a@[192.0.2.1>", "<a@[IPv6:::1]/>", "<@a:>", "<a,b@c.d>"],
    ...[`<${"x".repeat(255)}@b.c>`, `<a@${"x".repeat(64)}.c>`, `<a@${"x.".repeat(128)}c>`, "<a\x7f@b.c>", "<(a)@b.c>"],
  ])("takes %j for no path", (text) => {
    expect(parsePath(text, "reverse")).toBeNull();
  });

  it("takes postmaster without a domain, and no null path, for a recipient", () => {
    expect(parsePath("<PostMaster>", "forward")?.address).toBe("PostMaster");
    expect(parsePath("<postmaster>", "reverse")).toBeNull();
    expect(parsePath("<>", "forward")).toBeNull();
  });

  it("gives only addresses that it takes itself, unchanged", () => {
    const part = fc.constantFrom(...'ab@.<>[]" \\:,é-_1'.split(""), "IPv6:", "::1");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 16 }), (parts) => {
        const path = parsePath(`<${parts.join("")}>`, "reverse");
        if (path) expect(parsePath(`<${path.address}>`, "reverse")).toEqual({ address: path.address, rest: "" });
      }),
      { numRuns: 3000 },
    );
  });

  it.each(["reverse", "forward"] as const)("reads a plain %s path as the whole grammar reads it", (kind) => {
    const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,66}$/);
    const mark = fc.constantFrom(...'.@<>[]"\\: \t,-!{}~\x7fé\0'.split(""));
    const words = fc.array(fc.oneof({ weight: 3, arbitrary: word }, { weight: 1, arbitrary: mark }), { maxLength: 5 });
    const dotted = fc.array(word, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("."));
    const path = fc.oneof(
      fc.tuple(dotted, dotted).map(([localPart, domain]) => `<${localPart}@${domain}>`),
      fc
        .tuple(words, words, dotted)
        .map(([before, after, domain]) => `<${before.join("")}@${after.join("")}${domain}>`),
      words.map((parts) => `<${parts.join("")}`),
    );
    const rest = fc.constantFrom("", " ", "\t", " SIZE=1", "  X  ", "x", ">", " >", "\u00a0");
    fc.assert(
      fc.property(path, rest, (begin, end) => {
        expect(parsePath(begin + end, kind)).toEqual(parseAnyPath(begin + end, kind));
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ...[`<${"x".repeat(254)}@b.c>`, `<${"x".repeat(255)}@b.c>`, `<a@${"x".repeat(63)}.c>`, `<a@${"x".repeat(64)}.c>`],
    ...[`<a@${"x.".repeat(127)}c>`, `<a@${"x.".repeat(127)}cc>`, "<a@b->", "<a@-b>", "<a@b.-c>", "<a.@b>", "<.a@b>"],
    ...["<@b>", "<a@>", "<a@b.>", "<a@b>x", "<a@b", "<a@b@c>", "", "<", "<a@_>", "<a@b>\u00a0", "<a@b> \u00a0"],
  ])("reads %s as the whole grammar reads it", (text) => {
    expect(parsePath(text, "reverse")).toEqual(parseAnyPath(text, "reverse"));
  });

  it("takes no time to speak of for hostile input", () => {
    const hostile = [
      "<@a".repeat(680),
      `<${"a.".repeat(1000)}`,
      `<"${"\\".repeat(2000)}`,
      `<@${"a,@".repeat(600)}>`,
      `<a@${"a-".repeat(900)}>`,
    ];
    const start = performance.now();
    for (const text of hostile) parsePath(text, "reverse");
    expect(performance.now() - start).toBeLessThan(100);
  });
});
