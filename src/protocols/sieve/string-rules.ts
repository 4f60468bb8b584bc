/** What the strings of a script have to be, by their place. */
import { isAddress } from "./address.ts";
import { isSieveExtension, type Requirements, type SieveExtension } from "./extensions.ts";
import { checkNotifyMethod } from "./notify-method.ts";
import { faultOfPattern } from "./pattern.ts";
import { error, quoted, type StringFinding, warning } from "./string-finding.ts";

/** Names what a string is. */
export type StringRule =
  | "address"
  | "address-header"
  | "annotation-name"
  | "by-mode"
  | "comparator"
  | "date-part"
  | "dsn-conditions"
  | "dsn-return"
  | "envelope-part"
  | "extension-name"
  | "feedback-type"
  | "field-name"
  | "header-name"
  | "importance"
  | "known-mailbox"
  | "mailbox-name"
  | "notify-method"
  | "notify-option"
  | "pattern"
  | "program-name"
  | "relational-operator"
  | "script-name"
  | "settable-variable"
  | "special-use"
  | "time-zone"
  | "variable-name";

/** RFC 5260 section 4.2. */
const dateParts = new Set("year month day date julian hour minute second time iso8601 std11 zone weekday".split(" "));
/** RFC 5231 section 4. */
const operators = new Set(["gt", "ge", "lt", "le", "eq", "ne"]);
/** RFC 5228 section 5.1, and what else holds addresses: RFC 5322, 2369, 3798, 4021. */
const addressHeaders = new Set(
  (
    "from to cc bcc sender reply-to resent-from resent-to resent-cc resent-bcc resent-sender resent-reply-to " +
    "return-path delivered-to x-original-to x-original-from x-envelope-to envelope-to errors-to " +
    "disposition-notification-to return-receipt-to mail-followup-to mail-reply-to apparently-to approved " +
    "x-forwarded-to x-forwarded-for original-to"
  ).split(" "),
);

const comparators = ["i;octet", "i;ascii-casemap", "i;ascii-numeric", "i;unicode-casemap"] as const;
/** Those for which an extension has to be required. */
const requiredComparators: readonly string[] = ["i;ascii-numeric", "i;unicode-casemap"];

/** The parts of the envelope (RFC 5228 section 5.4), each with the extension that brings it, if one does: RFC 6009. */
const envelopeParts: ReadonlyMap<string, SieveExtension | null> = new Map([
  ["from", null],
  ["to", null],
  // Of Pigeonhole.
  ["auth", null],
  ["orig_to", null],
  ...["notify", "orcpt", "ret", "envid"].map((part) => [part, "envelope-dsn"] as const),
  ...["bytimeabsolute", "bytimerelative", "bymode", "bytrace"].map((part) => [part, "envelope-deliverby"] as const),
]);

/** RFC 5322 section 3.6.8. */
const FIELD_NAME = /^[\x21-\x39\x3b-\x7e]+$/;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const TIME_ZONE = /^[+-]\d{4}$/;
/** RFC 5804 section 1.6; a slash would lead out of the folder where scripts are. */
const FILE_NAME = /^[^/\0-\x1f\x7f-\x9f\u2028\u2029]+$/;
/** RFC 2045 section 5.1. */
const TOKEN = /^[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+$/;
/** RFC 5435 section 3.5. */
const NOTIFY_OPTION = /^[A-Za-z0-9][A-Za-z0-9._-]*=[^\0\r\n]*$/;
/** RFC 5464 section 4.1. */
const ANNOTATION = /^\/(?:private|shared)\/./i;
/** RFC 6154 section 2. */
const SPECIAL_USE = /^\\[A-Za-z0-9!#$&'+,./:;<=>?@^_`|}~-]+$/;

/** RFC 5229 section 3. */
const VARIABLE = /\$\{[A-Za-z0-9_.]+\}/;

const unnamedMailbox = "The name of a mailbox cannot be empty.";

type Rule = (value: string, has: Requirements["has"]) => StringFinding | null;

/** Passes what a pattern fits. */
function fits(pattern: RegExp, complaint: string): Rule {
  return (value) => (pattern.test(value) ? null : error(`${quoted(value)} ${complaint}.`));
}

const rules: Readonly<Record<StringRule, Rule>> = {
  address: (value) => (isAddress(value) ? null : error(`${quoted(value)} is not a mail address.`)),
  "address-header": (value) =>
    headerName(value) ??
    (addressHeaders.has(value.toLowerCase())
      ? null
      : warning(`The header ${quoted(value)} is not known to hold addresses; the test "header" looks at any.`)),
  "annotation-name": (value) =>
    ANNOTATION.test(value)
      ? null
      : warning(`No annotation is named ${quoted(value)}: they begin with /private/ or /shared/.`),
  "by-mode": fits(/^(?:notify|return)$/i, 'is no mode; there are "notify" and "return"'),
  comparator: (value) =>
    comparators.some((name) => name === value)
      ? null
      : error(`There is no comparator ${quoted(value)}; there are ${comparators.join(", ")}.`),
  "date-part": (value) =>
    dateParts.has(value.toLowerCase())
      ? null
      : error(`${quoted(value)} is no part of a date; these are: ${[...dateParts].join(", ")}.`),
  "dsn-conditions": fits(
    /^(?:never|(?:success|failure|delay)(?:,(?:success|failure|delay)){0,2})$/i,
    'is not "NEVER" or some of "SUCCESS,FAILURE,DELAY"',
  ),
  "dsn-return": fits(/^(?:full|hdrs)$/i, 'is not "FULL" or "HDRS"'),
  "envelope-part": envelopePart,
  "extension-name": (value) =>
    isSieveExtension(value) ? null : warning(`There is no extension ${quoted(value)} here: the test is false.`),
  "feedback-type": fits(TOKEN, 'is no kind of feedback like "abuse"'),
  "field-name": fits(FIELD_NAME, "cannot be the name of a header"),
  "header-name": headerName,
  importance: fits(/^[123]$/, 'is no importance; there are "1", "2" and "3"'),
  "known-mailbox": (value) => (value === "" ? warning(unnamedMailbox) : null),
  "mailbox-name": (value) => (value === "" ? error(unnamedMailbox) : null),
  "notify-method": checkNotifyMethod,
  "notify-option": fits(NOTIFY_OPTION, 'is no option like "name=value"'),
  pattern: (value) => {
    const fault = faultOfPattern(value);
    return fault === null ? null : error(`${quoted(value)} is no regular expression: ${fault}.`);
  },
  "program-name": fits(FILE_NAME, "cannot be the name of a program"),
  "relational-operator": (value) =>
    operators.has(value.toLowerCase())
      ? null
      : error(`${quoted(value)} is no relational operator; these are: ${[...operators].join(", ")}.`),
  "script-name": fits(FILE_NAME, "cannot be the name of a script"),
  "settable-variable": (value, has) => variableName(has("include") ? value.replace(/^global\./i, "") : value),
  "special-use": fits(SPECIAL_USE, 'is no special use like "\\\\Junk"'),
  "time-zone": fits(TIME_ZONE, 'is no time zone like "+0100"'),
  "variable-name": variableName,
};

/** These have to be known when the script is read: variables are of no use in them (RFC 5229 section 3, RFC 5463, RFC 6609). */
const constants: readonly StringRule[] = [
  "comparator",
  "extension-name",
  "relational-operator",
  "script-name",
  "settable-variable",
  "variable-name",
];

/** Looks at one string. The value of a string with a variable is known only when the script runs. */
export function checkString(rule: StringRule, value: string, required: Requirements): StringFinding | null {
  if (required.has("variables") && VARIABLE.test(value)) {
    return constants.includes(rule) ? error(`${quoted(value)} cannot hold a variable here.`) : null;
  }
  return rules[rule](value, (extension) => required.has(extension));
}

/** Looks at a string of encoded octets that are no text. */
export function checkOctets(rule: StringRule): StringFinding | null {
  const message = "The name of a mailbox has to be UTF-8; these encoded octets are not.";
  if (rule === "mailbox-name") return error(message);
  return rule === "known-mailbox" ? warning(message) : null;
}

/** The extension that a comparator needs. */
export function comparatorExtension(name: string): SieveExtension | undefined {
  return requiredComparators.includes(name) ? (`comparator-${name}` as SieveExtension) : undefined;
}

function envelopePart(value: string, has: Requirements["has"]): StringFinding | null {
  const extension = envelopeParts.get(value.toLowerCase());
  if (extension === undefined) {
    return error(`The envelope has no part ${quoted(value)}; it has "from" and "to".`);
  }
  if (extension === null || has(extension)) return null;
  return error(`The envelope's part ${quoted(value)} needs: require "${extension}";`);
}

function variableName(value: string): StringFinding | null {
  return VARIABLE_NAME.test(value)
    ? null
    : error(`${quoted(value)} cannot be a variable's name: letters, digits and _, a digit not first.`);
}

function headerName(value: string): StringFinding | null {
  return FIELD_NAME.test(value) ? null : warning(`No message has a header named ${quoted(value)}.`);
}
