import { AcmeError } from "./acme-error.ts";

/** A chain of certificates has some ten thousand octets. */
const LONGEST = 256 * 1024;

/** The text of an answer, as long as it is no longer than any that is wanted. @throws AcmeError */
export async function readBody(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.byteLength;
    if (length > LONGEST) {
      const host = new URL(response.url).host;
      throw new AcmeError(
        "acme-unreachable",
        `${host} has answered with more than ${LONGEST} octets. Check the directory.`,
      );
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
