/** Octets and characters that a script writes as numbers: `encoded-character` (RFC 5228 section 2.4.2.4). */
import { isUtf8 } from "node:buffer";
import { error, type StringFinding } from "./string-finding.ts";

const ENCODED = /\$\{(hex|unicode):([0-9a-f \t\r\n]*)\}/gi;
const LONGEST_NUMBER = 64;

/** What a string stands for. */
export interface DecodedString {
  readonly value: string;
  /** Its octets are text; those that are not became U+FFFD. */
  readonly isText: boolean;
}

/** What has not the form of the RFC stays as it is. @returns a finding for a number that is no character's. */
export function decodeEncodedCharacters(value: string): DecodedString | StringFinding {
  if (!value.includes("${")) return { value, isText: true };
  const parts: Buffer[] = [];
  let end = 0;
  for (const match of value.matchAll(ENCODED)) {
    const [whole, kind = "", digits = ""] = match;
    const octets = kind.toLowerCase() === "hex" ? octetsOf(digits) : charactersOf(digits);
    if (octets === null) continue;
    if (!Buffer.isBuffer(octets)) return octets;
    parts.push(Buffer.from(value.slice(end, match.index)), octets);
    end = match.index + whole.length;
  }
  const all = Buffer.concat([...parts, Buffer.from(value.slice(end))]);
  return { value: all.toString("utf8"), isText: isUtf8(all) };
}

function octetsOf(digits: string): Buffer | null {
  const numbers = numbersOf(digits);
  if (numbers.length === 0 || numbers.some((number) => number.length > 2)) return null;
  return Buffer.from(numbers.map((number) => Number.parseInt(number, 16)));
}

function charactersOf(digits: string): Buffer | StringFinding | null {
  const numbers = numbersOf(digits);
  if (numbers.length === 0) return null;
  const points = numbers.map((number) => Number.parseInt(number, 16));
  const wrong = points.findIndex((point) => point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff));
  if (wrong !== -1) return error(`U+${numbers[wrong]?.toUpperCase().slice(0, LONGEST_NUMBER)} is no character.`);
  return Buffer.from(points.map((point) => String.fromCodePoint(point)).join(""));
}

function numbersOf(digits: string): string[] {
  return digits.split(/[ \t\r\n]+/).filter((number) => number !== "");
}
