/**
 * Textual encodings of certificates and keys (RFC 7468): what a PEM text holds, found by its labels. Read as leniently as
 * variables and forms mangle it: any line ends, `\n` written out, indented lines, everything on one line, text around it.
 */

/** The body ends at the next line of dashes, whatever it says: one block must not swallow another. */
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*(?:-(?!----)[^-]*)*)(-----END \1-----)?/g;
/** Line ends that were written out, once or, through another layer of quoting, twice. */
const WRITTEN_LINE_END = /\\+r\\+n|\\+[nr]/g;
const HEADER = /^[A-Za-z-]+:.*$/gm;
const LINE = 64;

export interface PemBlock {
  /** E.g. `CERTIFICATE`, `EC PRIVATE KEY`. */
  readonly label: string;
  /** From its BEGIN line to its END line, in the form that every reader accepts. */
  readonly text: string;
  readonly encrypted: boolean;
  /** Why no reader will accept it; null when one may. */
  readonly flaw: string | null;
}

export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(BLOCK)].map(([, label = "", written = "", end]) => {
    const body = written.replaceAll(WRITTEN_LINE_END, "\n");
    // PKCS #8 states it in its label, the traditional form in a header (RFC 1421 4.6.1.1).
    const encrypted = label === "ENCRYPTED PRIVATE KEY" || /^\s*Proc-Type: *4, *ENCRYPTED/m.test(body);
    const base64 = body.replaceAll(HEADER, "").replaceAll(/\s/g, "");
    return { label, text: block(label, base64), encrypted, flaw: flawOf(base64, { ended: end !== undefined, label }) };
  });
}

function block(label: string, base64: string): string {
  const lines = base64.match(new RegExp(`.{1,${LINE}}`, "gs")) ?? [];
  return `${[`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join("\n")}\n`;
}

function flawOf(base64: string, { ended, label }: { readonly ended: boolean; readonly label: string }): string | null {
  if (!ended) return `has a line BEGIN ${label} and no line END ${label}: it was cut off`;
  const foreign = /[^A-Za-z0-9+/=]/.exec(base64)?.[0];
  if (foreign === undefined) return null;
  const code = foreign.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  return `has a character that is not base64 (U+${code}) between its BEGIN and END lines`;
}

export function isCertificate({ label }: PemBlock): boolean {
  return label === "CERTIFICATE" || label === "X509 CERTIFICATE" || label === "TRUSTED CERTIFICATE";
}

export function isPrivateKey({ label }: PemBlock): boolean {
  return label.endsWith("PRIVATE KEY");
}

/** What a text without PEM is instead; null when unknown. Quotes nothing of it. */
export function insteadOfPem(text: string): string | null {
  const bare = text.replaceAll(/\s/g, "");
  if (bare.startsWith("LS0tLS1CRUdJTi")) return "it is PEM in base64 once more; decode it: base64 -d";
  if (/^(?:MII|MHc|MC4|MIG)[A-Za-z0-9+/=]+$/.test(bare)) return "its BEGIN and END lines are missing; put them back";
  if (/^0\x82|^0\ufffd/.test(text)) return "it is DER";
  if (/^(?:\.{0,2}\/|[A-Za-z]:\\)?[\w./\\-]+\.(?:pem|crt|cer|key|p12|pfx)$/i.test(text.trim()))
    return 'it looks like the name of a file; give that as {"@type": "File", "filePath": …}';
  return null;
}
