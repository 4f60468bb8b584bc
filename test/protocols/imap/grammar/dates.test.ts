import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  dayOf,
  formatInternalDate,
  parseDay,
  parseInternalDate,
  sentDay,
} from "../../../../src/protocols/imap/grammar/dates.ts";

const utc = (text: string): number => Date.parse(text);

describe("dates of SEARCH", () => {
  it.each([
    ["1-Jan-1970", 0],
    ["01-jan-1970", 0],
    ["31-DEC-1969", -1],
    ["29-Feb-2024", dayOf(utc("2024-02-29T12:00Z"))],
  ])("are days of the calendar: %s", (text, day) => {
    expect(parseDay(text)).toBe(day);
  });

  it.each(["", "29-Feb-2023", "0-Jan-2020", "32-Jan-2020", "1-Foo-2020", "1-Jan-20", "1 Jan 2020", " 1-Jan-2020"])(
    "are not %j",
    (text) => {
      expect(parseDay(text)).toBeNull();
    },
  );

  it.each([
    ["Wed, 17 Jul 1996 02:23:25 -0700 (PDT)", "17-Jul-1996"],
    ["17 Jul 1996 23:23:25 -0700", "17-Jul-1996"],
    ["Tue,  1 Apr 2025 10:00 GMT", "1-Apr-2025"],
    ["Mon, 5 January 98 10:00:00 +0000", "5-Jan-1998"],
    ["5 Jan 03", "5-Jan-2003"],
    ["5 Jan 103", "5-Jan-2003"],
  ])("are found in the field Date: %s", (field, expected) => {
    expect(sentDay(field)).toBe(parseDay(expected));
  });

  it.each(["", "yesterday", "Wed, 99 Jul 1996", "Wed, 17 Foo 1996", `${" ".repeat(100_000)}1 Jan 2020`])(
    "are not found in %j",
    (field) => {
      expect(sentDay(field)).toBeNull();
    },
  );

  it("depend on the time zone where one is given", () => {
    const time = utc("2020-01-01T23:30:00Z");
    expect(dayOf(time, 60)).toBe(dayOf(time) + 1);
    expect(dayOf(time, -60)).toBe(dayOf(time));
  });
});

describe("the internal date", () => {
  it.each([
    ["17-Jul-1996 02:44:25 -0700", "1996-07-17T09:44:25Z", -420],
    [" 1-Feb-1994 03:04:05 +0130", "1994-02-01T01:34:05Z", 90],
    ["1-Feb-1994 03:04:05 +0000", "1994-02-01T03:04:05Z", 0],
    ["31-Dec-2016 23:59:60 -0000", "2017-01-01T00:00:00Z", 0],
  ])("is read with its time zone: %s", (text, iso, offset) => {
    expect(parseInternalDate(text)).toEqual({ time: utc(iso), offset });
  });

  it.each([
    "17-Jul-1996 02:44:25",
    "17-Jul-1996 24:44:25 +0000",
    "17-Jul-1996 02:60:25 +0000",
    "17-Jul-1996 02:44:61 +0000",
    "31-Jun-1996 02:44:25 +0000",
    "17-Jul-1996 02:44:25 +2500",
    "17-Jul-1996 02:44:25 GMT",
  ])("is not %s", (text) => {
    expect(parseInternalDate(text)).toBeNull();
  });

  it("is written in UTC unless another zone is asked for", () => {
    expect(formatInternalDate(utc("1996-07-17T09:44:25.999Z"))).toBe('"17-Jul-1996 09:44:25 +0000"');
    expect(formatInternalDate(utc("1994-02-01T01:34:05Z"), -90)).toBe('"01-Feb-1994 00:04:05 -0130"');
  });

  it("comes back as it was written", () => {
    const seconds = fc.integer({ min: utc("0001-01-02T00:00:00Z") / 1000, max: utc("9999-12-30T00:00:00Z") / 1000 });
    fc.assert(
      fc.property(seconds, fc.integer({ min: -1439, max: 1439 }), (second, offset) => {
        const written = formatInternalDate(second * 1000, offset);
        expect(written).toHaveLength(28);
        expect(parseInternalDate(written.slice(1, -1))).toEqual({ time: second * 1000, offset });
      }),
    );
  });
});
