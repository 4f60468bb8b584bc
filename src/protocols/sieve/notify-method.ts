/** The methods of `notify` (RFC 5435): URIs; those of mail (RFC 5436) are looked at as RFC 6068 has them. */
import { isAddress } from "./address.ts";
import { error, quoted, type StringFinding, warning } from "./string-finding.ts";

/** Schemes of the methods that are announced (RFC 5804 section 1.7, NOTIFY). */
export const notifyMethods = ["mailto"] as const;

const URI = /^([a-z][a-z0-9+.-]*):[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]*$/i;
/** RFC 6068 section 2: what stands between the separators, encoded with percent signs or not. */
const MAILTO_PART = /^(?:[A-Za-z0-9._~!$'()*+,;:@/?-]|%[0-9A-F]{2})*$/i;
const FIELD_NAME = /^[\x21-\x39\x3b-\x7e]+$/;

/** Characters; the longest line of SMTP is the longest that anybody sends to. */
const LONGEST_URI = 2048;

export function checkNotifyMethod(value: string): StringFinding | null {
  if (value.length > LONGEST_URI) return error(`${quoted(value)} is longer than ${LONGEST_URI} characters.`);
  const scheme = URI.exec(value)?.[1]?.toLowerCase();
  if (scheme === undefined) return error(`${quoted(value)} is no URI like "mailto:ann@example.com".`);
  if (scheme !== "mailto") return warning(`Nothing is announced for "${scheme}:"; a notice by it may never be sent.`);
  return isMailto(value.slice("mailto:".length)) ? null : error(`${quoted(value)} is no mailto URI (RFC 6068).`);
}

function isMailto(text: string): boolean {
  const question = text.indexOf("?");
  const to = question === -1 ? text : text.slice(0, question);
  const fields = question === -1 ? [] : text.slice(question + 1).split("&");
  return isAddressList(to) && fields.every(isField);
}

function isField(text: string): boolean {
  const [name = "", value, excess] = text.split("=");
  if (value === undefined || excess !== undefined) return false;
  if (!MAILTO_PART.test(name) || !MAILTO_PART.test(value)) return false;
  const field = decoded(name)?.toLowerCase() ?? "";
  return FIELD_NAME.test(field) && (!["to", "cc", "bcc"].includes(field) || isAddressList(value));
}

function isAddressList(text: string): boolean {
  if (!MAILTO_PART.test(text)) return false;
  return text === "" || text.split(/,|%2c/i).every((part) => isAddress(decoded(part) ?? ""));
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
