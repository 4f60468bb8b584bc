const AMPERSAND = "&";
const INBOX = "INBOX";
const SHIFTED = /&([^-]*)(-?)/g;
const BASE64 = /^[A-Za-z0-9+,]+$/;
const NOT_PRINTABLE_ASCII = /[^\x20-\x7e]+|&/g;
const CONTROL = /[\x00-\x1f\x7f]/;
const PRINTABLE_ASCII = /[\x20-\x7e]/;
const ASCII = /^[\x00-\x7f]*$/;

/**
 * Undoes modified UTF-7 (RFC 3501 section 5.1.3), and gives any spelling of INBOX as `INBOX`. A name that comes as UTF-8,
 * as some clients send it unasked, is taken as it is, unless it has an ampersand, which could mean two things.
 * @returns null for what is not valid: the name would not come back as it was sent, or has control characters in it.
 */
export function decodeMailboxName(encoded: string): string | null {
  if (encoded.length === INBOX.length && encoded.toUpperCase() === INBOX) return INBOX;
  if (CONTROL.test(encoded)) return null;
  if (!encoded.includes(AMPERSAND)) return encoded.isWellFormed() ? encoded : null;
  if (!ASCII.test(encoded)) return null;
  let valid = true;
  const decoded = encoded.replace(SHIFTED, (_, base64: string, end: string) => {
    const text = end === "" ? null : base64 === "" ? AMPERSAND : decodeShifted(base64);
    if (text === null) valid = false;
    return text ?? "";
  });
  return valid && decoded.isWellFormed() ? decoded : null;
}

/** Writes a name in modified UTF-7 (RFC 3501 section 5.1.3); what it gives is ASCII. */
export function encodeMailboxName(name: string): string {
  return name.replace(NOT_PRINTABLE_ASCII, (run) => (run === AMPERSAND ? "&-" : `&${encodeShifted(run)}-`));
}

/** @returns null unless it is what an encoder would have written: no printable ASCII, no left-over bits. */
function decodeShifted(base64: string): string | null {
  if (!BASE64.test(base64)) return null;
  const octets = Buffer.from(base64.replaceAll(",", "/"), "base64");
  if (octets.length < 2 || octets.length % 2 !== 0) return null;
  const text = octets.swap16().toString("utf16le");
  if (CONTROL.test(text) || PRINTABLE_ASCII.test(text)) return null;
  return encodeShifted(text) === base64 ? text : null;
}

function encodeShifted(text: string): string {
  const base64 = Buffer.from(text, "utf16le").swap16().toString("base64");
  return base64.replaceAll("/", ",").replace(/=+$/, "");
}
