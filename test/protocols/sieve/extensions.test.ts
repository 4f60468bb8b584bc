import { describe, expect, it } from "vitest";
import { checkScript, findingText } from "../../../src/protocols/sieve/index.ts";

/** The extensions come before a colon, the rest of the script after it. */
function check(line: string) {
  const [extensions = "", script = ""] = line.split(/: (.*)/s);
  const required = extensions.split(" ").filter((name) => name !== "");
  const text = `require [${required.map((name) => `"${name}"`).join(", ")}];\r\n${script}`;
  return checkScript(Buffer.from(required.length > 0 ? text : script));
}

const errorOf = (line: string) => check(line).error?.message ?? null;

describe("what people's scripts are made of", () => {
  it.each([
    // RFC 5703.
    'mime foreverypart fileinto: foreverypart { if header :mime :type :is "content-type" "image" { fileinto "x"; } }',
    'mime: if header :mime :anychild :param ["filename", "name"] :contains "content-type" ".exe" { discard; }',
    'mime: if anyof (exists :mime :anychild "x", address :mime :anychild :domain "from" "b.example") { keep; }',
    'foreverypart: foreverypart :name "outer" { foreverypart { break :name "outer"; } break; }',
    'extracttext foreverypart variables: foreverypart { extracttext :lower :first 100 "text"; }',
    'replace enclose: replace :mime :subject "s" :from "a@b.example" "text"; enclose :subject "s" :headers ["x: y"] "t";',
    // RFC 6609.
    'include: include :personal :once :optional "mine"; include :global "theirs"; return;',
    `include variables: global ["a", "b"]; set "global.c" "x"; if string "\${global.c}" "x" { stop; } import "d"; export "e";`,
    // RFC 5435 and 5436, and the draft before them.
    'enotify: notify :from "a@b.example" :importance "1" :options ["x=y"] :message "m" "mailto:a@b.example,c@d.example";',
    'enotify: notify "mailto:%22a%20b%22@b.example?subject=hello%20you&cc=c@d.example";',
    'enotify: if valid_notify_method ["mailto:a@b.example"] { keep; }',
    'enotify: if notify_method_capability "mailto:a@b.example" "Online" "yes" { keep; }',
    `enotify variables: set :encodeurl "u" "x y"; notify "mailto:\${u}";`,
    'notify: notify :method "mailto" :options ["a@b.example"] :low :message "$from$"; denotify :matches "*" :high;',
    // RFC 7352, and as Pigeonhole had it first.
    'duplicate: if duplicate :header "x-id" :seconds 60 :last :handle "h" { discard; }',
    "vnd.dovecot.duplicate: if duplicate { discard; }",
    // RFC 5293.
    'editheader: addheader :last "X-Mark" "v"; deleteheader :index 1 :last :contains "Subject" ["a", "b"]; deleteheader "X";',
    // RFC 5183, 5235, 5490.
    'environment: if environment :matches "name" "*" { keep; }',
    'spamtest virustest relational comparator-i;ascii-numeric: if allof (spamtest :value "ge" :comparator "i;ascii-numeric" "5", virustest "3") { discard; }',
    'spamtestplus: if spamtest :percent "50" { keep; }',
    'mboxmetadata servermetadata: if anyof (metadata "INBOX" "/private/x" "y", metadataexists "INBOX" ["/shared/a"], servermetadata "/private/x" "y", servermetadataexists "/shared/a") { stop; }',
    // RFC 8579, 8580, 9042.
    'special-use fileinto: if specialuse_exists "\\\\Junk" { fileinto :specialuse "\\\\Junk" "Spam"; }',
    'special-use: if specialuse_exists "Spam" ["\\\\Junk"] { keep; }',
    'mailboxid fileinto: if mailboxidexists "F1" { fileinto :mailboxid "F1" "x"; }',
    'fcc vacation mailbox imap4flags special-use: vacation :fcc "Sent" :create :flags "\\\\Seen" :specialuse "\\\\Sent" "away";',
    'fcc enotify: notify :fcc "Sent" "mailto:a@b.example";',
    // RFC 6009, 6134, 6558, 9671.
    'redirect-dsn redirect-deliverby: redirect :notify "SUCCESS,DELAY" :ret "HDRS" :bytimerelative 60 :bymode "notify" :bytrace "a@b.example";',
    'envelope envelope-dsn envelope-deliverby: if envelope ["orcpt", "bymode"] "x" { keep; }',
    'extlists: if allof (valid_ext_list "urn:x", header :list "from" ":addrbook:default") { redirect :list "tag:x"; }',
    'convert: if convert "image/tiff" "image/jpeg" ["pix-x=320"] { keep; } convert "a/b" "c/d" [""];',
    'processcalendar variables: processcalendar :allowpublic :addresses "a@b.example" :calendarid "c" :outcome "o" :reason "r";',
    // The draft of regex.
    'regex: if header :regex "subject" ["^\\\\[list\\\\]", "a{2,3}(b|c)*[^]x]", "[[:digit:]]+"] { keep; }',
    `regex variables: set :quoteregex "x" "a+b"; if string :regex "\${x}" "\${y}(" { keep; }`,
    // Pigeonhole's own, and the draft of imap4flags.
    'vnd.dovecot.pipe copy: pipe :copy :try "program" ["a", "b"];',
    'vnd.dovecot.filter: filter "program"; if not filter "program" "a" { keep; }',
    'vnd.dovecot.execute variables: execute :input "x" :output "y" "program"; if execute :pipe "program" { keep; }',
    'vnd.dovecot.debug vnd.dovecot.report: debug_log "x"; report :headers_only "abuse" "spam" "a@b.example";',
    `vnd.dovecot.environment variables: if environment "vnd.dovecot.username" "\${env.vnd.dovecot.x}" { keep; }`,
    'imapflags: addflag ["\\\\Seen"]; mark; unmark;',
    'comparator-i;unicode-casemap: if header :comparator "i;unicode-casemap" "subject" "x" { keep; }',
    'envelope: if envelope "auth" "ann" { keep; }',
  ])("passes: %s", (line) => {
    expect(errorOf(line)).toBeNull();
  });

  it.each([
    ["foreverypart: break;", "break has to stand within foreverypart."],
    ['foreverypart: foreverypart { break :name "x"; }', 'There is no foreverypart named "x" around this break.'],
    ["foreverypart: foreverypart { keep; } break;", "break has to stand within foreverypart."],
    ['foreverypart extracttext: foreverypart { extracttext "x"; }', 'extracttext needs: require "variables";'],
    ['mime: if header :type "a" "b" { keep; }', "The tag :type of header needs :mime beside it."],
    ['include: global "x";', 'global needs: require "variables";'],
    ['include: include "../x";', '"../x" cannot be the name of a script.'],
    [`include variables: include "\${x}";`, `"\${x}" cannot hold a variable here.`],
    [`include encoded-character: include "x\${unicode:85}";`, '"x " cannot be the name of a script.'],
    ['variables: set "global.x" "y";', expect.stringContaining("cannot be a variable's name")],
    ['enotify: notify "nowhere";', '"nowhere" is no URI like "mailto:ann@example.com".'],
    ['enotify: notify "mailto:nobody";', '"mailto:nobody" is no mailto URI (RFC 6068).'],
    ['enotify: notify "mailto:a@b.example?subject";', expect.stringContaining("is no mailto URI")],
    ['enotify: notify "mailto:a@b.example?x:=y";', expect.stringContaining("is no mailto URI")],
    ['enotify: notify "mailto:a@b.example?to=nobody";', expect.stringContaining("is no mailto URI")],
    ['enotify: notify :importance "4" "mailto:a@b.example";', '"4" is no importance; there are "1", "2" and "3".'],
    ['enotify: notify :options "x" "mailto:a@b.example";', '"x" is no option like "name=value".'],
    ["enotify: notify :low;", expect.stringContaining("notify has no tag :low")],
    ['editheader: addheader "X Y" "v";', '"X Y" cannot be the name of a header.'],
    ['editheader: deleteheader :last "X";', "The tag :last of deleteheader needs :index beside it."],
    ['editheader: deleteheader :index 0 "X";', "the index of :index has to be 1 at least."],
    ['spamtest: if spamtest :percent "5" { keep; }', 'The tag :percent needs: require "spamtestplus";'],
    ['special-use: if specialuse_exists "Junk" { keep; }', '"Junk" is no special use like "\\\\Junk".'],
    ['vacation: vacation :fcc "Sent" "x";', 'The tag :fcc needs: require "fcc";'],
    ['fcc vacation mailbox: vacation :create "x";', "The tag :create of vacation needs :fcc beside it."],
    ['envelope: if envelope "orcpt" "x" { keep; }', 'The envelope\'s part "orcpt" needs: require "envelope-dsn";'],
    ['regex: if header :regex "a" "(b" { keep; }', '"(b" is no regular expression: a closing parenthesis is missing.'],
    ['regex: if header :regex "a" "b)" { keep; }', expect.stringContaining("has no opening one")],
    ['regex: if header :regex "a" "[[:alpha:" { keep; }', expect.stringContaining("a closing bracket is missing")],
    ['regex: if header :regex "a" "*b" { keep; }', expect.stringContaining("nothing stands before *")],
    ['regex: if header :regex "a" "b{3,2}" { keep; }', expect.stringContaining("the numbers of an interval")],
    ['regex: if header :regex "a" "b\\\\" { keep; }', expect.stringContaining("nothing follows the last backslash")],
    [
      'regex comparator-i;ascii-numeric: if header :regex :comparator "i;ascii-numeric" "a" "b" { keep; }',
      'The comparator "i;ascii-numeric" cannot be used with :regex.',
    ],
    ['vnd.dovecot.pipe: pipe "../x";', '"../x" cannot be the name of a program.'],
    ['vnd.dovecot.execute: execute :output "x" "p";', 'The tag :output needs: require "variables";'],
    ['vnd.dovecot.report: report "?" "x" "a@b.example";', '"?" is no kind of feedback like "abuse".'],
    [`fileinto encoded-character: fileinto "\${hex:ff}";`, expect.stringContaining("has to be UTF-8")],
    ['extlists: redirect "nobody";', '"nobody" is not a mail address.'],
    [': if ihave "copy" { keep; }', 'ihave needs: require "ihave";'],
  ])("does not pass: %s", (line, message) => {
    expect(errorOf(line)).toEqual(message);
  });

  it.each([
    ['enotify: notify "xmpp:a@b.example";', 'Nothing is announced for "xmpp:"; a notice by it may never be sent.'],
    ['mailbox: if mailboxexists "" { keep; }', "The name of a mailbox cannot be empty."],
    ['mboxmetadata: if metadata "x" "y" "z" { keep; }', expect.stringContaining('No annotation is named "y"')],
    ['ihave: if ihave "magic" { keep; }', 'There is no extension "magic" here: the test is false.'],
  ])("passes with a word of warning: %s", (line, message) => {
    const { error, warnings } = check(line);
    expect(error).toBeNull();
    expect(warnings.map((warning) => warning.message)).toEqual([message]);
  });
});

describe("ihave", () => {
  it.each([
    'ihave: if ihave "fileinto" { fileinto "x"; } fileinto "y";',
    'ihave: if ihave ["copy", "imap4flags"] { redirect :copy "a@b.example"; keep :flags "x"; } else { conjure "z"; }',
    'ihave: if ihave "magic" { conjure :loudly "x" { if sorcery { spell; } } } else { keep; }',
    'ihave: if not ihave "magic" { keep; } else { conjure; }',
    'ihave: if allof (ihave "magic", sorcery "x") { conjure; }',
    'ihave: if anyof (ihave "copy", sorcery "x") { keep; }',
    'ihave: if true { keep; } elsif ihave "magic" { conjure; } else { conjure; }',
    'ihave: if ihave "copy" { error "no"; }',
  ])("decides what is looked at: %s", (line) => {
    expect(errorOf(line)).toBeNull();
  });

  it.each([
    ['ihave: if ihave "magic" { keep; } else { conjure; }', 'There is no command "conjure".'],
    ['ihave: if ihave "magic" { keep; } conjure;', 'There is no command "conjure".'],
    [
      'ihave: if ihave ["copy", "magic"] { keep; } redirect :copy "a@b.example";',
      'The tag :copy needs: require "copy";',
    ],
    ['ihave: if anyof (ihave "magic", sorcery "x") { keep; }', 'There is no test "sorcery".'],
    ['ihave: if ihave "magic" { conjure', expect.stringContaining("Expected a semicolon or a block")],
    [": if false { conjure; }", 'There is no command "conjure".'],
  ])("leaves the rest as it is: %s", (line, message) => {
    expect(errorOf(line)).toEqual(message);
  });
});

describe("an address", () => {
  const error = (address: string) => errorOf(`: redirect "${address.replace(/["\\]/g, "\\$&")}";`);

  it.each([
    ...["a@b.example", " a @ b.example ", "a . b @ c.example", "(c) a (d (e)) @ (f) b.example (g \\) h)"],
    ...[
      "Ann <a@b.example>",
      "Ann B. C <a@b.example>",
      '"Ann, B" <a@b.example> (c)',
      "<a@b.example>",
      "Ann\r\n <a@b.example>",
    ],
    ...["=?utf-8?q?J=C3=B6rg?= <a@b.example>", "Jörg <jörg@bücher.example>", "O'Neil & Co <a@b.example>"],
    ...[
      "a\u3000b\u00a0c@d.example",
      "a..b@docomo.example",
      ".a@docomo.example",
      "a.@docomo.example",
      '"a b"@c.example',
      '"a\\"b"@c.example',
    ],
    ...["a@[192.0.2.1]", "a@[IPv6:2001:db8::1]", "a@b_c.example", "a@b.example.", "a+b=c%d!e/f@g.example"],
  ])("may be %j", (address) => {
    expect(error(address)).toBeNull();
  });

  it.each([
    ...["", "@", "a", "a@", "@b", "<>", "a b@c.example", "a@b c.example", "a@b@c", "a@b..c", "a@.b", "a@-b.c"],
    ...["Ann <a@b.example", "Ann a@b.example>", "Ann <<a@b.example>>", "Ann <a@b.example> x", "Ann, B <a@b.example>"],
    ...["Ann@B <a@b.example>", "[Ann] <a@b.example>", '"Ann <a@b.example>', "a@b.example (c", "a@b.example c)", "(c)"],
    ...["a@b.example,c@d.example", "g: a@b.example;", "<@r.example:a@b.example>", "a@[x]", "a@[192.0.2.256]"],
    ...[
      '"a"b@c.example',
      "a:b@c.example",
      "a\\b@c.example",
      "a\x07@b.example",
      "a@b.example?subject=x",
      "x".repeat(2000),
    ],
  ])("is not %j", (address) => {
    expect(error(address)).toMatch(/ is not a mail address\.$/);
  });
});

it("says what is wrong with a script within its own lines, whatever the extension", () => {
  const { error } = checkScript(Buffer.from('require ["ihave"];\nif ihave "magic" {\n  spell;\n}\nkeep :x;'));
  expect(error && findingText(error)).toBe("line 5, column 6: keep has no tag :x; it takes :flags.");
});
