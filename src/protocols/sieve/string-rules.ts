/** What the strings of a script have to be, by their place. */

/** Names what a string is. */
export type StringRule =
  | "address"
  | "address-header"
  | "comparator"
  | "date-part"
  | "envelope-part"
  | "header-name"
  | "mailbox-name"
  | "relational-operator"
  | "time-zone"
  | "variable-name";

/** What is wrong with a string: an error, or a warning where the script does work, and probably not as intended. */
export interface StringFinding {
  readonly severity: "error" | "warning";
  readonly message: string;
}

/** RFC 5260 section 4.2. */
const dateParts = new Set("year month day date julian hour minute second time iso8601 std11 zone weekday".split(" "));
/** RFC 5231 section 4. */
const operators = new Set(["gt", "ge", "lt", "le", "eq", "ne"]);
/** RFC 5228 section 5.1, and what else holds addresses: RFC 5322, 2369, 3798, 4021. */
const addressHeaders = new Set(
  (
    "from to cc bcc sender reply-to resent-from resent-to resent-cc resent-bcc resent-sender resent-reply-to " +
    "return-path delivered-to x-original-to x-envelope-to envelope-to errors-to disposition-notification-to " +
    "return-receipt-to mail-followup-to mail-reply-to apparently-to approved x-forwarded-to x-forwarded-for original-to"
  ).split(" "),
);
export const comparators = ["i;octet", "i;ascii-casemap", "i;ascii-numeric"] as const;

/** RFC 5322 section 3.6.8. */
const FIELD_NAME = /^[\x21-\x39\x3b-\x7e]+$/;
/** An address with or without a name before it (RFC 5228 section 2.4.2.3); what is in it, the mail system knows. */
const ADDRESS =
  /^(?:[^<>\0-\x1f]*<)?(?:"(?:[^"\\]|\\.)+"|[^\s"<>@,;:\\[\]()]+)@(?:[^\s"<>@,;:\\[\]()]+|\[[^\s[\]]+\])>?$/;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const TIME_ZONE = /^[+-]\d{4}$/;

const error = (message: string): StringFinding => ({ severity: "error", message });
const warning = (message: string): StringFinding => ({ severity: "warning", message });

const rules: Readonly<Record<StringRule, (value: string) => StringFinding | null>> = {
  address: (value) => (isAddress(value) ? null : error(`${quoted(value)} is not a mail address.`)),
  "address-header": (value) =>
    headerName(value) ??
    (addressHeaders.has(value.toLowerCase())
      ? null
      : warning(`The header ${quoted(value)} is not known to hold addresses; the test "header" looks at any.`)),
  comparator: (value) =>
    comparators.some((name) => name === value)
      ? null
      : error(`There is no comparator ${quoted(value)}; there are ${comparators.join(", ")}.`),
  "date-part": (value) =>
    dateParts.has(value.toLowerCase())
      ? null
      : error(`${quoted(value)} is no part of a date; these are: ${[...dateParts].join(", ")}.`),
  "envelope-part": (value) =>
    ["from", "to"].includes(value.toLowerCase())
      ? null
      : error(`The envelope has no part ${quoted(value)}; it has "from" and "to".`),
  "header-name": headerName,
  "mailbox-name": (value) => (value === "" ? error("The name of a mailbox cannot be empty.") : null),
  "relational-operator": (value) =>
    operators.has(value.toLowerCase())
      ? null
      : error(`${quoted(value)} is no relational operator; these are: ${[...operators].join(", ")}.`),
  "time-zone": (value) => (TIME_ZONE.test(value) ? null : error(`${quoted(value)} is no time zone like "+0100".`)),
  "variable-name": (value) =>
    VARIABLE_NAME.test(value)
      ? null
      : error(`${quoted(value)} cannot be a variable's name: letters, digits and _, a digit not first.`),
};

/** These have to be known when the script is read: variables are of no use in them (RFC 5229 section 3). */
const constants: readonly StringRule[] = ["comparator", "relational-operator", "variable-name"];

/**
 * Looks at one string.
 * @param variables The script has variables: what a string with one will be, only the run can tell.
 */
export function checkString(rule: StringRule, value: string, variables: boolean): StringFinding | null {
  if (variables && value.includes("${") && !constants.includes(rule)) return null;
  return rules[rule](value);
}

function headerName(value: string): StringFinding | null {
  return FIELD_NAME.test(value) ? null : warning(`No message has a header named ${quoted(value)}.`);
}

/** RFC 5321 section 4.5.3.1 allows 254 octets for a path, and a name may stand before it. */
const LONGEST_ADDRESS = 1024;

function isAddress(value: string): boolean {
  return value.length <= LONGEST_ADDRESS && ADDRESS.test(value) && value.includes("<") === value.endsWith(">");
}

const LONGEST_QUOTE = 64;

/** A string of the script in a message: short, and on one line. */
export function quoted(value: string): string {
  const text = value.replace(/[\0-\x1f\x7f-\x9f\u2028\u2029]/g, " ");
  return text.length <= LONGEST_QUOTE ? `"${text}"` : `"${text.slice(0, LONGEST_QUOTE).toWellFormed()}…"`;
}

const UNICODE = /\$\{unicode:([0-9a-f\s]*)\}/gi;

/** What `encoded-character` makes of a string has to be characters (RFC 5228 section 2.4.2.4). */
export function checkEncodedCharacters(value: string): StringFinding | null {
  for (const [, digits = ""] of value.matchAll(UNICODE)) {
    for (const number of digits.trim().split(/\s+/)) {
      const point = Number.parseInt(number || "0", 16);
      if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return error(`U+${number.toUpperCase().slice(0, LONGEST_QUOTE)} is no character.`);
      }
    }
  }
  return null;
}
