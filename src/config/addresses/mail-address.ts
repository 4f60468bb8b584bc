/**
 * The syntax of mail addresses (RFC 5321 section 4.1.2, RFC 6531 section 3.3): one reader for everything that takes
 * them.
 */

/**
 * Octets. RFC 5321 4.5.3.1 requires 64 and 255 at least; bounce addresses that carry a token are often longer than 64.
 */
export const LONGEST_LOCAL_PART = 254;
export const LONGEST_DOMAIN = 255;

/** No C1 control characters, and nothing else that some software takes for a line end. */
const BEYOND_ASCII = "\\xa0-\\u2027\\u202a-\\u{10ffff}";
const ATEXT = `A-Za-z0-9!#$%&'*+/=?^_\`{|}~${BEYOND_ASCII}-`;
const DOT_STRING = new RegExp(`^[${ATEXT}]+(?:\\.[${ATEXT}]+)*$`, "u");
/** With dots anywhere, as docomo and others have handed out: `a..b`, `.a`, `a.`. */
const ATOMS = new RegExp(`[${ATEXT}.]+`, "uy");
const QUOTED = new RegExp(`"((?:[ !#-\\[\\]-~${BEYOND_ASCII}]|\\\\[ -~])*)"`, "uy");
const WORD = `[A-Za-z0-9_${BEYOND_ASCII}]`;
/** With the underscore, which is not allowed in host names but occurs in many sender domains. */
const LABEL = new RegExp(`^${WORD}(?:[A-Za-z0-9_${BEYOND_ASCII}-]{0,61}${WORD})?$`, "u");
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

/**
 * Parses `Mailbox` (RFC 5321 section 4.1.2), and common deviations: dots of a local part in any place, local parts of
 * several words (RFC 5322 section 4.4), and a domain with its root dot.
 * @returns it in its simplest form: the local part quoted only where the RFC requires it, the domain without a root
 *   dot; null when it is none.
 */
export function parseMailbox(text: string): string | null {
  const read = readLocalPart(text);
  if (read === null || text[read.end] !== "@") return null;
  const domain = readDomain(text.slice(read.end + 1));
  return domain === null ? null : `${quoteLocalPart(read.value)}@${domain}`;
}

/** A local part as written in an address: quoted only where RFC 5321 requires it. */
export function quoteLocalPart(value: string): string {
  return DOT_STRING.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

/** The value of the local part, and where it ends. */
function readLocalPart(text: string): { readonly value: string; readonly end: number } | null {
  let value = "";
  let end = 0;
  for (;;) {
    const quoted = text[end] === '"';
    const pattern = quoted ? QUOTED : ATOMS;
    pattern.lastIndex = end;
    const word = pattern.exec(text);
    if (!word) return null;
    // Words are separated by dots.
    if (quoted && end > 0 && text[end - 1] !== ".") return null;
    end = pattern.lastIndex;
    if (quoted && text[end] !== "." && text[end] !== "@") return null;
    value += quoted ? (word[1] ?? "").replace(/\\(.)/gu, "$1") : word[0];
    if (Buffer.byteLength(value) > LONGEST_LOCAL_PART) return null;
    if (text[end] === "@") return { value, end };
  }
}

/** @returns the domain without its root dot; null when it is none. */
function readDomain(text: string): string | null {
  if (text.startsWith("[")) return isAddressLiteral(text) ? text : null;
  const domain = text.endsWith(".") ? text.slice(0, -1) : text;
  const fits = domain !== "" && Buffer.byteLength(domain) <= LONGEST_DOMAIN;
  return fits && domain.split(".").every((label) => LABEL.test(label)) ? domain : null;
}

/** `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 section 4.1.3). */
function isAddressLiteral(text: string): boolean {
  if (!text.endsWith("]")) return false;
  const content = text.slice(1, -1);
  if (IPV4.test(content)) return true;
  const ipv6 = /^IPv6:([0-9A-F:.]{2,45})$/i.exec(content);
  return ipv6 !== null && URL.canParse(`http://[${ipv6[1]}]/`);
}
