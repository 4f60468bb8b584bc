/** What the engine keeps for the nodes and must not be able to read: sealed with a key that only they have. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { FleetError } from "./fleet-error.ts";

/** Characters of a key at least. */
const shortestKey = 32;
/** Octets, as AES-GCM has them (NIST SP 800-38D). */
const [nonceLength, tagLength] = [12, 16];

export class Seal {
  readonly #key: Buffer;

  /**
   * @param secret of high entropy: nothing slows down who guesses it
   * @throws FleetError `fleet-key` for one that is too short
   */
  constructor(secret: string, fleet: string) {
    if (secret.length < shortestKey)
      throw new FleetError(
        "fleet-key",
        `SystemSettings.cluster.encryptionKey has fewer than ${shortestKey} characters. Make one with "openssl rand -base64 32", and give it to all nodes.`,
      );
    this.#key = Buffer.from(hkdfSync("sha256", secret, fleet, "gatehouse fleet", 32));
  }

  /** @param name what it is; nothing else can be put in its place */
  close(name: string, content: Uint8Array): string {
    const nonce = randomBytes(nonceLength);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce).setAAD(Buffer.from(name));
    return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]).toString("base64");
  }

  /** @throws FleetError `fleet-key` for what was sealed with another key, or as something else */
  open(name: string, sealed: string): Buffer {
    const bytes = Buffer.from(sealed, "base64");
    const nonce = bytes.subarray(0, nonceLength);
    const content = bytes.subarray(nonceLength, -tagLength);
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.#key, nonce, { authTagLength: tagLength });
      decipher.setAAD(Buffer.from(name)).setAuthTag(bytes.subarray(-tagLength));
      return Buffer.concat([decipher.update(content), decipher.final()]);
    } catch (cause) {
      const text =
        "What another node has sealed cannot be opened here: its SystemSettings.cluster.encryptionKey is another one. Give all nodes the same.";
      throw new FleetError("fleet-key", text, { cause });
    }
  }
}
