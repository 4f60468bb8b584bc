import type { Envelope, Recipient } from "../backend.ts";

/** What stands after the path in MAIL. */
export interface MailParameters {
  /** RFC 1870. */
  readonly size: number | null;
  /** RFC 6152. */
  readonly body: Envelope["body"];
  /** RFC 6531. */
  readonly smtpUtf8: boolean;
  /** RFC 3461. */
  readonly dsn: Envelope["dsn"];
}

/** What stands after the path in RCPT (RFC 3461). */
export type RcptParameters = Pick<Recipient, "notify" | "orcpt">;

/** Why the parameters were refused: `unknown` gets a 555, `invalid` a 501. */
export type ParameterError = { readonly error: "unknown" | "invalid"; readonly keyword: string };

/** The announced keywords of MAIL; AUTH (RFC 4954 section 5) is taken for `<>`, as from any client that is not trusted; clients send it unencoded too. */
const mailKeywords = new Set(["SIZE", "BODY", "SMTPUTF8", "RET", "ENVID", "AUTH"]);
const rcptKeywords = new Set(["NOTIFY", "ORCPT"]);

/** Of commands without parameters, as most are. Shared by their envelopes. */
const noMailParameters: MailParameters = Object.freeze({
  size: null,
  body: "7BIT",
  smtpUtf8: false,
  dsn: Object.freeze({ ret: null, envid: null }),
});
const noRcptParameters: RcptParameters = Object.freeze({ notify: Object.freeze([]), orcpt: null });

const KEYWORD = /^[A-Za-z0-9][A-Za-z0-9-]*$/;
const VALUE = /^[\x21-\x3c\x3e-\x7e\x80-\u{10ffff}]+$/u;
const LONGEST_ENVID = 100;
const LONGEST_ORCPT = 500;

export function parseMailParameters(text: string): MailParameters | ParameterError {
  if (text === "") return noMailParameters;
  const given = parseParameters(text, mailKeywords);
  if (!(given instanceof Map)) return given;
  const size = given.get("SIZE");
  if (size !== undefined && !/^\d{1,20}$/.test(size)) return invalid("SIZE");
  const body = given.get("BODY")?.toUpperCase();
  if (body !== undefined && body !== "7BIT" && body !== "8BITMIME") return invalid("BODY");
  const smtpUtf8 = given.get("SMTPUTF8");
  if (smtpUtf8) return invalid("SMTPUTF8");
  const ret = given.get("RET")?.toUpperCase();
  if (ret !== undefined && ret !== "FULL" && ret !== "HDRS") return invalid("RET");
  const envid = given.has("ENVID") ? decodeXtext(given.get("ENVID") ?? "", LONGEST_ENVID) : undefined;
  if (envid === null) return invalid("ENVID");
  if (given.get("AUTH") === "") return invalid("AUTH");
  return {
    size: size === undefined ? null : Number(size),
    body: body ?? "7BIT",
    smtpUtf8: smtpUtf8 !== undefined,
    dsn: { ret: ret ?? null, envid: envid ?? null },
  };
}

export function parseRcptParameters(text: string): RcptParameters | ParameterError {
  if (text === "") return noRcptParameters;
  const given = parseParameters(text, rcptKeywords);
  if (!(given instanceof Map)) return given;
  const notify = given.has("NOTIFY") ? parseNotify(given.get("NOTIFY") ?? "") : [];
  if (notify === null) return invalid("NOTIFY");
  const orcpt = given.has("ORCPT") ? parseOrcpt(given.get("ORCPT") ?? "") : undefined;
  if (orcpt === null) return invalid("ORCPT");
  return { notify, orcpt: orcpt ?? null };
}

function invalid(keyword: string): ParameterError {
  return { error: "invalid", keyword };
}

/** A keyword without a value is in the map with the empty string, which no value can be. */
function parseParameters(text: string, known: ReadonlySet<string>): Map<string, string> | ParameterError {
  const given = new Map<string, string>();
  for (const parameter of text.split(/[ \t]+/)) {
    const equals = parameter.indexOf("=");
    const name = equals === -1 ? parameter : parameter.slice(0, equals);
    const keyword = name.toUpperCase();
    if (!KEYWORD.test(name)) return invalid("the parameters");
    if (!known.has(keyword)) return { error: "unknown", keyword: keyword.slice(0, 64) };
    const value = equals === -1 ? "" : parameter.slice(equals + 1);
    if (given.has(keyword) || (equals !== -1 && !VALUE.test(value))) return invalid(keyword);
    given.set(keyword, value);
  }
  return given;
}

function parseNotify(value: string): Recipient["notify"] | null {
  const conditions: Recipient["notify"][number][] = [];
  for (const name of value.toUpperCase().split(",")) {
    if (name !== "NEVER" && name !== "SUCCESS" && name !== "FAILURE" && name !== "DELAY") return null;
    if (!conditions.includes(name)) conditions.push(name);
  }
  return conditions.includes("NEVER") && conditions.length > 1 ? null : conditions;
}

function parseOrcpt(value: string): string | null {
  const semicolon = value.indexOf(";");
  const type = value.slice(0, Math.max(semicolon, 0));
  const text = value.slice(semicolon + 1);
  // Nothing is xtext, too.
  const address = text === "" ? "" : decodeXtext(text, LONGEST_ORCPT);
  return /^[A-Za-z0-9-]{1,64}$/.test(type) && address !== null ? `${type.toLowerCase()};${address}` : null;
}

/**
 * Decodes xtext (RFC 3461 section 4). What it stands for has to be printable, so that it can be shown in a report.
 * @returns null where it is not xtext, empty or too long.
 */
function decodeXtext(text: string, limit: number): string | null {
  if (text === "" || text.length > limit || /\+(?![0-9A-F]{2})/.test(text)) return null;
  const decoded = text.replace(/\+([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u.test(decoded) ? decoded : null;
}
