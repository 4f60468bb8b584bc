import fc from "fast-check";

/** A piece of a printed script: a token, or what stands between two. */
export interface Piece {
  readonly text: string;
  readonly token: boolean;
}

/** The tokens of a valid script. */
export type GeneratedScript = readonly string[];

const text = fc
  .string({ unit: fc.constantFrom(...'abc XYZ 019 .;{}()[]#*/:é😀"\\'.split("")), maxLength: 12 })
  .map((value) => `"${value.replace(/["\\]/g, "\\$&")}"`);
const multiLine = fc
  .array(fc.constantFrom("", "a line", "..", "..x", '"', "# no comment", "é"), { maxLength: 4 })
  .map((lines) => `text:\r\n${lines.map((line) => `${line}\r\n`).join("")}.\r\n`);
const string = fc.oneof({ arbitrary: text, weight: 4 }, { arbitrary: multiLine, weight: 1 });

const listOf = (item: fc.Arbitrary<string>) =>
  fc.oneof(
    item.map((value) => [value]),
    fc
      .array(item, { minLength: 1, maxLength: 3 })
      .map((items) => ["[", ...items.flatMap((value, index) => (index === 0 ? [value] : [",", value])), "]"]),
  );

const strings = listOf(string);
const headerNames = listOf(fc.constantFrom('"Subject"', '"X-Spam-Score"', '"from"'));
const addressHeaders = listOf(fc.constantFrom('"From"', '"to"', '"CC"'));
const address = fc.constantFrom('"a@example.com"', '"Anna <anna@example.org>"');
const number = fc.tuple(fc.nat(100_000), fc.constantFrom("", "K", "m", "G")).map((parts) => parts.join(""));
const matchType = fc.constantFrom([], [":is"], [":Contains"], [":matches"], [":count", '"ge"']);
const comparator = fc.constantFrom([], [":comparator", '"i;octet"']);
const part = fc.constantFrom([], [":localpart"], [":DOMAIN"], [":detail"]);

const leaf: fc.Arbitrary<string[]> = fc.oneof(
  fc.constantFrom<string[]>(["true"], ["FALSE"]),
  fc.tuple(fc.constantFrom(":over", ":under"), number).map(([tag, size]) => ["size", tag, size]),
  headerNames.map((names) => ["exists", ...names]),
  fc.tuple(matchType, comparator, headerNames, strings).map((parts) => ["header", ...parts.flat()]),
  fc.tuple(part, comparator, matchType, addressHeaders, strings).map((parts) => ["address", ...parts.flat()]),
  fc.tuple(part, matchType, strings).map(([tag, match, keys]) => ["envelope", ...tag, ...match, '"from"', ...keys]),
);

const test: fc.Arbitrary<string[]> = fc.letrec<{ test: string[] }>((tie) => ({
  test: fc.oneof(
    { maxDepth: 3 },
    leaf,
    tie("test").map((one) => ["not", ...one]),
    fc
      .tuple(fc.constantFrom("allof", "AnyOf"), fc.array(tie("test"), { minLength: 1, maxLength: 3 }))
      .map(([name, tests]) => [name, "(", ...tests.flatMap((one, index) => (index === 0 ? one : [",", ...one])), ")"]),
  ),
})).test;

const action: fc.Arbitrary<string[]> = fc.oneof(
  fc.constantFrom<string[]>(["keep", ";"], ["discard", ";"], ["KEEP", ":flags", '"\\\\Seen"', ";"]),
  address.map((to) => ["redirect", to, ";"]),
  text.filter((name) => name !== '""').map((name) => ["fileinto", ":copy", name, ";"]),
  fc.tuple(number, string).map(([days, reason]) => ["vacation", ":days", days, reason, ";"]),
);

const block: fc.Arbitrary<string[]> = fc.letrec<{ block: string[]; condition: string[] }>((tie) => ({
  block: fc
    .array(fc.oneof({ maxDepth: 3 }, action, tie("condition")), { maxLength: 4 })
    .map((commands) => commands.flat()),
  condition: fc
    .tuple(
      fc.tuple(test, tie("block")),
      fc.array(fc.tuple(test, tie("block")), { maxLength: 2 }),
      fc.option(tie("block")),
    )
    .map(([[first, then], others, otherwise]) => [
      ...["if", ...first, "{", ...then, "}"],
      ...others.flatMap(([other, commands]) => ["elsif", ...other, "{", ...commands, "}"]),
      ...(otherwise ? ["else", "{", ...otherwise, "}"] : []),
    ]),
})).block;

const required = ["fileinto", "copy", "vacation", "imap4flags", "envelope", "relational", "subaddress"];

/** Valid scripts, as their tokens. */
export const scripts: fc.Arbitrary<GeneratedScript> = block.map((commands) => [
  ...["require", "[", ...required.flatMap((name, index) => [...(index === 0 ? [] : [","]), `"${name}"`]), "]", ";"],
  ...commands,
]);

/** Writes the tokens with something between them. */
export function printScript(script: GeneratedScript, between: Iterator<string>): readonly Piece[] {
  return script.flatMap((token) => [
    { text: between.next().value ?? " ", token: false },
    { text: token, token: true },
  ]);
}
