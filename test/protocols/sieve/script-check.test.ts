import { describe, expect, it } from "vitest";
import { checkScript, defaultSieveLimits, findingText, sieveExtensions } from "../../../src/protocols/sieve/index.ts";

/** The first error of a script, as one line; null for a valid one. */
function errorOf(script: string | Uint8Array, limits = {}): string | null {
  const { error } = checkScript(Buffer.from(script), { ...defaultSieveLimits, ...limits });
  return error && findingText(error);
}

const warningsOf = (script: string) => checkScript(Buffer.from(script)).warnings.map(findingText);

const needs = (...extensions: string[]) => `require [${extensions.map((name) => `"${name}"`).join(", ")}];\r\n`;

describe("valid scripts", () => {
  it.each([
    ["nothing", ""],
    ["comments only", "# one\r\n/* two\r\n * three */ # the last line has no end"],
    [
      "the example of RFC 5228 section 3.1",
      'if header :contains "from" "coyote" {\r\n  discard;\r\n} elsif header :contains ["subject"] ["$$$"] {\r\n  discard;\r\n} else {\r\n  redirect "postmaster@example.com";\r\n}\r\n',
    ],
    ["line feeds alone as line ends", "if true\n{\n  keep;\n}\n"],
    ["names in any case", 'IF Not HEADER :Contains "X" "y" { KEEP; }'],
    ["sizes with quantifiers", "if anyof (size :over 100K, size :under 1m, size :over 2G, size :under 7) { discard; }"],
    [
      "a multi-line text with stuffed dots and a comment",
      `${needs("vacation")}vacation text: # why\r\nI am away.\r\n..\r\n.\r\n;\r\n`,
    ],
    ["escapes in strings", 'if header :is "subject" "a \\"quoted\\" \\\\ word" { stop; }'],
    ["strings over several lines", 'redirect "a@example.com"; if header :is "x" "one\r\ntwo" { keep; }'],
    ["built-in comparators required", needs("comparator-i;octet", "comparator-i;ascii-casemap")],
    ["copy", `${needs("copy", "fileinto")}fileinto :copy "Lists"; redirect :copy "a@b.example";`],
    [
      "flags",
      `${needs("imap4flags", "fileinto", "variables", "relational")}setflag "\\\\Seen"; addflag "list" ["a", "b"]; if hasflag :count "ge" "2" { fileinto :flags "\\\\Flagged" "INBOX"; keep :flags []; }`.replace(
        "[]",
        '["x"]',
      ),
    ],
    ["mailbox", `${needs("mailbox", "fileinto")}if mailboxexists ["A", "B"] { fileinto :create "A"; }`],
    [
      "vacation in seconds",
      `${needs("vacation-seconds")}vacation :seconds 600 :subject "Away" :from "A <a@b.example>" :addresses ["c@d.example"] :mime :handle "h" "gone";`,
    ],
    [
      "relational",
      `${needs("relational", "comparator-i;ascii-numeric")}if header :value "gt" :comparator "i;ascii-numeric" "x-score" "5" { discard; }`,
    ],
    ["subaddress and envelope", `${needs("subaddress", "envelope")}if envelope :detail :is "to" "spam" { discard; }`],
    ["body", `${needs("body")}if body :content "text" :contains "x" { keep; }`],
    [
      "date and index",
      `${needs("date", "index")}if anyof (date :index 1 :last :zone "+0100" "received" "hour" "9", currentdate "weekday" "0") { stop; }`,
    ],
    [
      "variables",
      `${needs("variables", "fileinto")}set :lower :upperfirst :length "a" "\${b}"; if string :matches "\${a}" "*" { fileinto "\${1}"; redirect "\${2}"; }`,
    ],
    [
      "encoded characters",
      `${needs("encoded-character")}if header :contains "subject" "$\{hex:24 24} $\{unicode: 1F600} $\{unicode:zz}" { discard; }`,
    ],
    ["reject", `${needs("reject", "ereject")}reject "no"; ereject text:\r\nno\r\n.\r\n;`],
    [
      "quoted local parts and address literals",
      'redirect "\\"a b\\"@example.com"; redirect "a@[192.0.2.1]"; redirect "büro@münchen.example";',
    ],
  ])("takes %s", (_name, script) => {
    expect(errorOf(script)).toBeNull();
    expect(warningsOf(script)).toEqual([]);
  });

  it("takes the extensions that it announces, all together", () => {
    expect(errorOf(needs(...sieveExtensions))).toBeNull();
  });
});

describe("the first error", () => {
  it.each([
    ["keep", "line 1, column 5: Expected a semicolon or a block after keep, found the script's end."],
    ["keep;\r\n  kep;", 'line 2, column 3: There is no command "kep".'],
    [
      "#comment\r\nInvalidSieveCommand\r\n",
      "line 3, column 1: Expected a semicolon or a block after invalidsievecommand, found the script's end.",
    ],
    ["keep;;", "line 1, column 6: Expected a command, found ;."],
    ["if true { keep; ", "line 1, column 9: The block has no end: } is missing."],
    ["if true { keep; }}", "line 1, column 18: Expected a command, found }."],
    ["if tru { keep; }", 'line 1, column 4: There is no test "tru".'],
    ["if keep { stop; }", "line 1, column 4: keep is a command, and a test is needed."],
    ["true;", "line 1, column 1: true is a test, and a command is needed."],
    ["if { keep; }", "line 1, column 1: if needs a test."],
    ["if true;", "line 1, column 1: if needs a block in { and }."],
    ["keep { stop; }", "line 1, column 1: keep takes no block: it ends with a semicolon."],
    ["keep true;", "line 1, column 6: keep takes no test."],
    ["if (true) { keep; }", "line 1, column 1: if takes one test, without parentheses: allof and anyof take several."],
    [
      "if not (true, false) { keep; }",
      "line 1, column 4: not takes one test, without parentheses: allof and anyof take several.",
    ],
    ["if anyof true { keep; }", "line 1, column 4: anyof needs its tests in parentheses."],
    ["if anyof (true false) { keep; }", "line 1, column 16: true takes no test."],
    ["if anyof () { keep; }", "line 1, column 11: Expected a test, found )."],
    ["else { keep; }", "line 1, column 1: else has to follow the block of an if or an elsif."],
    [
      "if true { keep; } keep; elsif true { keep; }",
      "line 1, column 25: elsif has to follow the block of an if or an elsif.",
    ],
    ['keep; require "copy";', "line 1, column 7: require has to stand before all other commands."],
    ['if true { require "copy"; }', "line 1, column 11: require has to stand before all other commands."],
    ['require ["copy",\r\n  "magic"];', 'line 2, column 3: The extension "magic" is not supported.'],
    ['require "Copy";', 'line 1, column 9: The extension "Copy" is not supported.'],
    ["require [];", "line 1, column 10: Expected a string, found ]."],
    [
      'require ["copy"',
      "line 1, column 16: Expected a comma or the end of the list of strings, found the script's end.",
    ],
    ['fileinto "x";', 'line 1, column 1: fileinto needs: require "fileinto";'],
    ['redirect :copy "a@b.example";', 'line 1, column 10: The tag :copy needs: require "copy";'],
    ['redirect ["a@b.example"];', "line 1, column 10: the address of redirect has to be a string."],
    ["redirect 5;", "line 1, column 10: the address of redirect has to be a string."],
    ["redirect;", "line 1, column 1: redirect needs the address: a string."],
    [
      'redirect "a@b.example" "c";',
      "line 1, column 24: redirect takes one argument besides tags, and this is one more.",
    ],
    ['redirect "nobody";', 'line 1, column 10: "nobody" is not a mail address.'],
    ['redirect "a@b.example, c@d.example";', 'line 1, column 10: "a@b.example, c@d.example" is not a mail address.'],
    ["keep :quickly;", "line 1, column 6: keep has no tag :quickly; it takes :flags."],
    [
      'if header :is :contains "a" "b" { keep; }',
      "line 1, column 15: :contains cannot stand beside :is: one match type only.",
    ],
    ['if header :is :is "a" "b" { keep; }', "line 1, column 15: The tag :is is given twice."],
    [
      'if header "a" :is "b" { keep; }',
      "line 1, column 15: The tags of header have to stand before its other arguments.",
    ],
    [
      'if header :comparator "i;ebcdic" "a" "b" { keep; }',
      'line 1, column 23: There is no comparator "i;ebcdic"; there are i;octet, i;ascii-casemap, i;ascii-numeric, i;unicode-casemap.',
    ],
    [
      'if header :comparator "i;ascii-numeric" "a" "1" { keep; }',
      'line 1, column 23: The comparator "i;ascii-numeric" needs: require "comparator-i;ascii-numeric";',
    ],
    [
      'require "comparator-i;ascii-numeric"; if header :contains :comparator "i;ascii-numeric" "a" "1" { keep; }',
      'line 1, column 71: The comparator "i;ascii-numeric" cannot be used with :contains.',
    ],
    ["if size 5 { keep; }", "line 1, column 4: size needs :over or :under."],
    [
      "if size :over 5KB { keep; }",
      "line 1, column 17: A number may end with K, M or G; nothing else can follow its digits.",
    ],
    ["if size :over 99999999999999999999 { keep; }", "line 1, column 15: The number is too big."],
    ['if size :over "5" { keep; }', "line 1, column 15: the size of size has to be a number."],
    [
      'require "envelope"; if envelope "cc" "x" { keep; }',
      'line 1, column 33: The envelope has no part "cc"; it has "from" and "to".',
    ],
    [
      'require "index"; if header :last "a" "b" { keep; }',
      "line 1, column 21: The tag :last of header needs :index beside it.",
    ],
    [
      'require "relational"; if header :count "many" "a" "1" { keep; }',
      'line 1, column 40: "many" is no relational operator; these are: gt, ge, lt, le, eq, ne.',
    ],
    [
      'require "date"; if currentdate "fortnight" "1" { keep; }',
      expect.stringContaining('line 1, column 32: "fortnight" is no part of a date'),
    ],
    [
      'require "date"; if currentdate :zone "CET" "hour" "1" { keep; }',
      'line 1, column 38: "CET" is no time zone like "+0100".',
    ],
    ['require "variables"; set "1a" "x";', expect.stringContaining('line 1, column 26: "1a" cannot be a variable')],
    [
      'require "imap4flags"; setflag "v" "x";',
      'line 1, column 31: the variable of setflag needs: require "variables";',
    ],
    ['require "fileinto"; fileinto "";', "line 1, column 30: The name of a mailbox cannot be empty."],
    ['require "vacation"; vacation :days 1 :days 2 "x";', "line 1, column 38: The tag :days is given twice."],
    ['require "vacation"; vacation :days "x";', "line 1, column 36: the number of days of :days has to be a number."],
    ['require "vacation"; vacation :days;', "line 1, column 30: :days needs the number of days: a number."],
    [
      `${needs("encoded-character")}if header :is "a" "\${unicode:D800}" { keep; }`,
      "line 2, column 19: U+D800 is no character.",
    ],
    ['redirect "a@b.example', "line 1, column 10: The string has no end: a quotation mark is missing."],
    ['redirect "a\\', "line 1, column 10: The string has no end: a quotation mark is missing."],
    ["keep; /* never ends", "line 1, column 7: The comment has no end: */ is missing."],
    [
      "redirect text: a\r\n.\r\n;",
      "line 1, column 16: The text begins on the line after text:, so nothing else can follow here.",
    ],
    ["redirect text:\r\na\r\n", "line 1, column 10: The text has no end: a line that is a single dot is missing."],
    ["keep; §", "line 1, column 7: The character § (U+00A7) cannot stand here."],
    ["\ufeffkeep;", "line 1, column 1: The character U+FEFF cannot stand here."],
    ["if header : { keep; }", "line 1, column 11: A colon begins a tag, like :contains; its name is missing."],
    ["keep;\r\n# a\0b", "line 2, column 4: A script cannot hold NUL."],
    ["keep;\rkeep;", "line 1, column 6: A carriage return has to be followed by a line feed."],
  ])("of %j is told with its place", (script, expected) => {
    expect(errorOf(script)).toEqual(expected);
  });

  it("counts characters, not octets, and lines by their line feeds", () => {
    expect(errorOf('# äöü\n/* 😀 */ if header :is "😀" "é" { kep; }')).toMatch(/^line 2, column 33: /);
  });

  it("tells where a script stops being UTF-8, even within a string, a replacement character before it or not", () => {
    const script = Buffer.concat([Buffer.from('keep;\r\nredirect "\ufffd é'), Buffer.from([0xc3, 0x28, 0x22])]);
    expect(errorOf(script)).toBe("line 2, column 14: The script is not UTF-8 from here on.");
  });

  it("prefers an earlier error to octets that are not UTF-8", () => {
    expect(errorOf(Buffer.concat([Buffer.from("kep;\r\n"), Buffer.from([0xff])]))).toBe(
      'line 1, column 1: There is no command "kep".',
    );
  });

  it("does not repeat line ends, control characters or long strings of the script", () => {
    const error = errorOf(`require "a\r\nOK \x1b[2J${"x".repeat(500)}";`);
    expect(error).toMatch(/^line 1, column 9: The extension "a {2}OK {2}\[2Jx{54}…" is not supported\.$/);
  });
});

describe("limits", () => {
  it("hold for the size", () => {
    expect(errorOf("keep;", { scriptSize: 5 })).toBeNull();
    expect(errorOf("keep; ", { scriptSize: 5 })).toBe("line 1, column 1: The script is longer than 5 octets.");
  });

  it("hold for nested blocks", () => {
    const nested = (depth: number) => `${"if true {\n".repeat(depth)}keep;${"}".repeat(depth)}`;
    expect(errorOf(nested(32))).toBeNull();
    expect(errorOf(nested(33))).toBe("line 33, column 9: Blocks are nested more than 32 deep.");
    expect(errorOf(nested(50_000), { commands: 1e6 })).toBe("line 33, column 9: Blocks are nested more than 32 deep.");
  });

  it("hold for nested tests", () => {
    const nested = (depth: number) => `if ${"not ".repeat(depth)}true { keep; }`;
    expect(errorOf(nested(31))).toBeNull();
    expect(errorOf(nested(32))).toBe("line 1, column 132: Tests are nested more than 32 deep.");
    expect(errorOf(`if ${"anyof (".repeat(100_000)}`)).toMatch(/Tests are nested more than 32 deep/);
  });

  it("hold for the number of commands and tests", () => {
    expect(errorOf("keep;".repeat(3), { commands: 3 })).toBeNull();
    expect(errorOf("keep;".repeat(4), { commands: 3 })).toBe(
      "line 1, column 16: There are more than 3 commands and tests.",
    );
  });
});

describe("warnings", () => {
  it.each([
    ["stop; keep;", "line 1, column 7: This is never reached: stop comes before it."],
    ['if exists "Subject:" { keep; }', 'line 1, column 11: No message has a header named "Subject:".'],
    [
      'if address "Subject" "a" { keep; }',
      'line 1, column 12: The header "Subject" is not known to hold addresses; the test "header" looks at any.',
    ],
  ])("tell of %j", (script, warning) => {
    expect(errorOf(script)).toBeNull();
    expect(warningsOf(script)).toEqual([warning]);
  });

  it("are ten at most", () => {
    expect(warningsOf('if exists ":" { keep; }\n'.repeat(50))).toHaveLength(10);
  });
});
