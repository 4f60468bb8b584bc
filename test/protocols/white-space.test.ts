import { describe, expect, it } from "vitest";
import { trimWhiteSpace, trimWhiteSpaceEnd, trimWhiteSpaceStart } from "../../src/protocols/white-space.ts";

describe("white space", () => {
  it("is space and tab, and nothing else", () => {
    const others = "\u00a0\u3000\u2028\ufeff\v\f\r\n";
    expect(trimWhiteSpace(` \t${others} x \t`)).toBe(`${others} x`);
    expect(trimWhiteSpaceStart(" \tx \t")).toBe("x \t");
    expect(trimWhiteSpaceEnd(" \tx \t")).toBe(" \tx");
    expect(trimWhiteSpace(" \t ")).toBe("");
  });
});
