/** Extensions that scripts may require, each with the commands, tests and arguments that it brings (`vocabulary.ts`). */
export const sieveExtensions = [
  "body",
  "comparator-i;ascii-numeric",
  "copy",
  "date",
  "encoded-character",
  "envelope",
  "ereject",
  "fileinto",
  "imap4flags",
  "index",
  "mailbox",
  "reject",
  "relational",
  "subaddress",
  "vacation",
  "vacation-seconds",
  "variables",
] as const;

export type SieveExtension = (typeof sieveExtensions)[number];

/** Part of every implementation; a script may require them all the same (RFC 5228 section 2.7.3). */
const builtIn: readonly string[] = ["comparator-i;octet", "comparator-i;ascii-casemap"];

/** The extensions that a script has required so far. */
export class Requirements {
  readonly #names = new Set<string>();

  /** @returns false when there is no such extension. Names are compared with regard to case (RFC 5228 section 3.2). */
  add(name: string): boolean {
    if (builtIn.includes(name)) return true;
    if (!sieveExtensions.some((extension) => extension === name)) return false;
    this.#names.add(name);
    // RFC 6131 section 2.
    if (name === "vacation-seconds") this.#names.add("vacation");
    return true;
  }

  has(extension: SieveExtension): boolean {
    return this.#names.has(extension);
  }
}
