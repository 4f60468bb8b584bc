import type { InternalDate } from "./command.ts";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
const MINUTE = 60_000;
const DAY = 86_400_000;
const DATE = /^(\d{1,2})-([A-Za-z]{3})-(\d{4})$/;
const DATE_TIME = /^ ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/;
/** A Date field of RFC 5322 section 3.3, the day of the week and everything after the year left aside. */
const DATE_FIELD = /^[ \t]*(?:[A-Za-z]+[ \t]*,?[ \t]*)?(\d{1,2})[ \t-]+([A-Za-z]{3})[A-Za-z]*[ \t-]+(\d{2,4})(?!\d)/;
/** No Date field that means anything is longer; what is behind is not looked at. */
const LONGEST_DATE_FIELD = 256;

/**
 * Reads `date-text` (RFC 3501 section 9): `1-Feb-1994`.
 * @returns days since 1970-01-01; null for what is no day of the calendar.
 */
export function parseDay(text: string): number | null {
  const [, day, month, year] = DATE.exec(text) ?? [];
  return calendarDay(Number(year), month, Number(day));
}

/** The calendar day of a moment, in the time zone that is so many minutes east of UTC: days since 1970-01-01. */
export function dayOf(time: number, offset = 0): number {
  return Math.floor((time + offset * MINUTE) / DAY);
}

/**
 * The calendar day that a Date field names, without regard to its time and time zone (RFC 3501 section 6.4.4, SENTON).
 * @returns days since 1970-01-01; null where the field makes no sense.
 */
export function sentDay(dateField: string): number | null {
  const [, day, month, digits] = DATE_FIELD.exec(dateField.slice(0, LONGEST_DATE_FIELD)) ?? [];
  if (!digits) return null;
  return calendarDay(fullYear(digits), month, Number(day));
}

/**
 * Reads the inside of `date-time` (RFC 3501 section 9): ` 1-Feb-1994 03:04:05 +0100`. The day may have one digit without
 * the space that the grammar asks for.
 * @returns null for what is no moment of the calendar.
 */
export function parseInternalDate(text: string): InternalDate | null {
  const match = DATE_TIME.exec(text);
  if (!match) return null;
  const [, day, month, year, hours, minutes, seconds, sign, zoneHours, zoneMinutes] = match;
  const days = calendarDay(Number(year), month, Number(day));
  // 60 is a leap second (RFC 5322 section 3.3), and the next minute here.
  if (days === null || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 60) return null;
  if (Number(zoneHours) > 23 || Number(zoneMinutes) > 59) return null;
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === "-" ? -1 : 1) || 0;
  const clock = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return { time: days * DAY + clock - offset * MINUTE, offset };
}

/**
 * Writes `date-time`, quotation marks included: `"01-Feb-1994 03:04:05 +0000"`. Milliseconds are cut off.
 * @param time milliseconds since 1970-01-01 00:00 UTC.
 * @param offset minutes east of UTC.
 */
export function formatInternalDate(time: number, offset = 0): string {
  const local = new Date(time + offset * MINUTE);
  const day = `${two(local.getUTCDate())}-${months[local.getUTCMonth()]}-${four(local.getUTCFullYear())}`;
  const clock = `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`;
  const east = Math.abs(offset);
  return `"${day} ${clock} ${offset < 0 ? "-" : "+"}${two(Math.floor(east / 60))}${two(east % 60)}"`;
}

function calendarDay(year: number, monthName: string | undefined, day: number): number | null {
  const name = monthName?.toLowerCase();
  const month = months.findIndex((known) => known.toLowerCase() === name);
  if (month === -1) return null;
  const date = new Date(0);
  // Not Date.UTC, for which the year 99 is 1999.
  date.setUTCFullYear(year, month, day);
  return date.getUTCMonth() === month && day > 0 ? date.getTime() / DAY : null;
}

/** Years of two and three digits, as RFC 5322 section 4.3 takes them. */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length === 4) return year;
  return digits.length === 2 && year < 50 ? 2000 + year : 1900 + year;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function four(value: number): string {
  return String(value).padStart(4, "0");
}
