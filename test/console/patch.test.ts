import {
  assert,
  constant,
  constantFrom,
  dictionary,
  integer,
  oneof,
  property,
  record,
  string,
  uniqueArray,
} from "fast-check";
import { describe, expect, it } from "vitest";
import { isSame, patchBetween, pointerOf, valueAt, withValueAt } from "../../src/console/forms/patch.ts";

describe("patchBetween", () => {
  it("names the member of a set that came, and the one that went", () => {
    const before = { name: "smtp", bind: { "127.0.0.1:25": true, "[::1]:25": true } };
    const after = { name: "smtp", bind: { "127.0.0.1:25": true, "[::1]:26": true } };
    expect(patchBetween(before, after)).toEqual({ "bind/[::1]:25": null, "bind/[::1]:26": true });
  });

  it("escapes what a pointer means something by", () => {
    expect(patchBetween({ networks: {} }, { networks: { "10.0.0.0/8": true } })).toEqual({
      "networks/10.0.0.0~18": true,
    });
    expect(pointerOf(["a~b", "c/d"])).toBe("a~0b/c~1d");
  });

  it("leaves a secret alone that nobody touched, and sends the whole of another kind", () => {
    const file = { key: { "@type": "File", filePath: "a.key" } };
    expect(patchBetween(file, { key: { "@type": "File", filePath: "b.key" } })).toEqual({ "key/filePath": "b.key" });
    expect(patchBetween(file, { key: { "@type": "Text" } })).toEqual({ key: { "@type": "Text" } });
  });

  it("says null for what is gone", () => {
    expect(patchBetween({ rate: { count: 1 } }, { rate: null })).toEqual({ rate: null });
    expect(patchBetween({ rate: null }, { rate: undefined })).toEqual({});
  });

  it("leads from one value to the other, whatever they are", () => {
    const scalar = oneof(integer(), string(), constant(null));
    const member = oneof(scalar, dictionary(string({ minLength: 1 }), constant(true)));
    const object = record({ a: member, b: member, c: dictionary(constantFrom("x", "y/z", "~"), scalar) });
    assert(
      property(object, object, (before, after) => {
        let patched: unknown = before;
        for (const [pointer, value] of Object.entries(patchBetween(before, after))) {
          const path = pointer.split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
          patched = withValueAt(patched, path, value);
        }
        expect(isSame(patched, after)).toBe(true);
      }),
    );
  });
});

describe("withValueAt", () => {
  it("changes that place alone", () => {
    assert(
      property(uniqueArray(string(), { minLength: 1, maxLength: 4 }), integer(), (path, value) => {
        const before = { other: 1 };
        const after = withValueAt(before, path, value);
        expect(valueAt(after, path)).toBe(value);
        expect(before).toEqual({ other: 1 });
      }),
    );
  });
});
