/** State strings of objects (RFC 8620 section 5.1). */
import { createHmac, randomBytes } from "node:crypto";

/** The digested values may hold passwords: without this key nobody can test guesses against a state. */
const key = randomBytes(32);

/** The same for the same text within this process; another one for another text. */
export function stateString(text: string): string {
  return createHmac("sha256", key).update(text).digest("base64url").slice(0, 16);
}
