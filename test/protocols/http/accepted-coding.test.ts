import fc from "fast-check";
import { expect, test } from "vitest";
import { acceptsGzip } from "../../../src/protocols/http/accepted-coding.ts";

test.each([
  [undefined, false],
  ["", false],
  ["gzip", true],
  ["br, GZIP;q=0.5", true],
  ["x-gzip", true],
  ["*", true],
  ["*;q=0", false],
  ["identity", false],
  ["gzipped", false],
  ["gzip;q=0", false],
  ["gzip; Q=0.000", false],
  ["gzip;q=0.001", true],
  ["gzip;q=0, *", false],
  ["*;q=0, gzip", true],
  ["gzip;q=yes", false],
  ["gzip;level=9;q=1.000", true],
])("gzip in Accept-Encoding: %s: %s", (field, accepted) => {
  expect(acceptsGzip(field)).toBe(accepted);
});

test("in any list its own weight decides, else that of the asterisk, wherever they stand and however they are spaced", () => {
  const weight = fc.constantFrom("", "q=0", "q=0.0", "q=0.5", "q=1");
  const coding = fc.constantFrom("br", "deflate", "identity", "zstd");
  const element = fc.tuple(coding, weight);
  const own = fc.option(weight);
  fc.assert(
    fc.property(fc.array(element), fc.tuple(own, own), fc.constantFrom("", " ", "\t"), (others, [gzip, any], space) => {
      const all = [...others, ...(gzip === null ? [] : [["gzip", gzip]]), ...(any === null ? [] : [["*", any]])];
      const lists = [all, all.toReversed()].map((list) =>
        list.map(([name, q]) => (q ? `${name}${space};${space}${q}` : name)).join(`${space},${space}`),
      );
      const deciding = gzip ?? any;
      const wanted = deciding !== null && !/^q=0(?:\.0)?$/.test(deciding);
      for (const field of lists) expect(acceptsGzip(field)).toBe(wanted);
    }),
  );
});
