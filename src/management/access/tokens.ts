/**
 * Tokens for programs. Each is one file in the data folder, named after the token, which holds its digest. The file is
 * looked up at every request, so a new or revoked token counts at once.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { array, iso, strictObject, string } from "zod";
import {
  boundedCall,
  createFile,
  type ReadLimits,
  readFileIfThere,
  removeFile,
  toFileError,
} from "../../files/index.ts";
import type { Grant } from "./permissions.ts";

export interface Token {
  /** 1 to 64 letters, digits, `.`, `_` and `-`; the first is a letter or a digit. */
  readonly name: string;
  readonly permissions: readonly string[];
  /** RFC 3339. */
  readonly createdAt: string;
  /** From then on it is refused; null for never. */
  readonly expiresAt: string | null;
}

export interface NewToken extends Pick<Token, "name" | "permissions"> {
  readonly expiresAt: Date | null;
}

export class TokenError extends Error {
  readonly code: "invalid-token" | "token-exists" | "token-damaged";

  constructor(code: TokenError["code"], message: string) {
    super(message);
    this.name = "TokenError";
    this.code = code;
  }
}

const nameForm = /^[A-Za-z0-9][\w.-]{0,63}$/;
/** Of what stands behind the name there is always as much: so a name may hold `_`. */
const textForm = /^gatehouse_(?<name>[A-Za-z0-9][\w.-]{0,63})_[0-9a-f]{64}$/;
const ending = ".json";
const limits: ReadLimits = { maxSize: 65_536 };

const fileSchema = strictObject({
  name: string(),
  /** SHA-256 in base64url. The token has 256 random bits: nobody can try them all, whatever a try costs. */
  digest: string(),
  permissions: array(string()),
  createdAt: iso.datetime(),
  expiresAt: iso.datetime().nullable(),
});

/** The name in a token, genuine or not; null if it is not a token. */
export function tokenName(text: string): string | null {
  return textForm.exec(text)?.groups?.["name"] ?? null;
}

export class Tokens {
  readonly #folder: string;

  constructor(dataDirectory: string) {
    this.#folder = join(dataDirectory, "tokens");
  }

  /** @returns the token's text, known this one time only. @throws TokenError, FileError */
  async create({ name, permissions, expiresAt }: NewToken, now: Date): Promise<string> {
    const text = `gatehouse_${name}_${randomBytes(32).toString("hex")}`;
    const file = this.#file(name);
    const token: Token = {
      name,
      permissions,
      createdAt: now.toISOString(),
      expiresAt: expiresAt?.toISOString() ?? null,
    };
    const kept = { ...token, digest: digestOf(text).toString("base64url") };
    if (await createFile(file, `${JSON.stringify(kept, null, 2)}\n`)) return text;
    throw new TokenError(
      "token-exists",
      `There is a token ${name} already; choose another name, or revoke that one first.`,
    );
  }

  /** Expired ones included, by their names. @throws TokenError, FileError */
  async list(): Promise<Token[]> {
    const entries = await boundedCall(this.#folder, () => readdir(this.#folder)).catch((error: unknown) => {
      if (toFileError(this.#folder, error).errno === "ENOENT") return [];
      throw error;
    });
    const names = entries.flatMap((entry) => (entry.endsWith(ending) ? [entry.slice(0, -ending.length)] : []));
    const tokens: Token[] = [];
    for (const name of names.filter((one) => nameForm.test(one)).sort()) {
      const kept = await this.#read(name);
      if (kept) tokens.push(kept.token);
    }
    return tokens;
  }

  /** @returns false when there is none of this name. @throws TokenError, FileError */
  async revoke(name: string): Promise<boolean> {
    return removeFile(this.#file(name));
  }

  /** What a token grants; null where it was never given out, was revoked, or has expired. @throws TokenError, FileError */
  async grantOf(text: string, now: Date): Promise<Grant | null> {
    const name = tokenName(text);
    const kept = name === null ? null : await this.#read(name);
    if (!kept || !timingSafeEqual(digestOf(text), kept.digest)) return null;
    const { token } = kept;
    if (token.expiresAt !== null && Date.parse(token.expiresAt) <= now.getTime()) return null;
    return { who: { kind: "token", name: token.name }, permissions: new Set(token.permissions) };
  }

  async #read(name: string): Promise<{ readonly token: Token; readonly digest: Buffer } | null> {
    const file = this.#file(name);
    const found = await readFileIfThere(file, limits);
    if (!found) return null;
    const reading = fileSchema.safeParse(jsonIn(found.bytes));
    const digest = Buffer.from(reading.data?.digest ?? "", "base64url");
    // Where letters of both cases are one to the file system, another token may be found.
    if (!reading.success || digest.length !== 32 || reading.data.name !== name)
      throw new TokenError("token-damaged", `${file} does not hold the token ${name}; revoke it, and make another.`);
    const { permissions, createdAt, expiresAt } = reading.data;
    return { token: { name, permissions, createdAt, expiresAt }, digest };
  }

  #file(name: string): string {
    if (!nameForm.test(name)) {
      const form = "1 to 64 letters, digits, dots, underscores and hyphens, and begins with a letter or a digit";
      throw new TokenError("invalid-token", `A token's name has ${form}.`);
    }
    return join(this.#folder, `${name}${ending}`);
  }
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function jsonIn(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
