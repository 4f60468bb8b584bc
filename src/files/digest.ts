import { createHash } from "node:crypto";

/** By which what a file holds is compared: equal for equal bytes; reveals nothing about them. */
export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64");
}
