import { isUtf8 } from "node:buffer";
import { isSameAddress } from "../config/addresses/canonical-address.ts";

/** What the server does after a response of the client. */
export type SaslStep =
  /** Send this challenge, in the protocol's own framing (base64 in all mail protocols). */
  | { readonly next: "challenge"; readonly text: string }
  | { readonly next: "verify"; readonly username: string; readonly password: string }
  /** The response is not what the mechanism prescribes. */
  | { readonly next: "malformed" }
  /** Whoever the certificate of the TLS client is for. */
  | { readonly next: "certificate"; readonly authorization: string }
  /** The client asked to act for somebody else. */
  | { readonly next: "unauthorized"; readonly username: string };

/** One exchange of a SASL mechanism (RFC 4422), the server's side. */
export interface SaslExchange {
  readonly mechanism: SaslMechanism;
  /** The next step; null stands for an initial response that was not sent. */
  respond(response: Buffer | null): SaslStep;
}

/** The mechanisms of the server, in the order in which they are announced. */
export const saslMechanisms = ["PLAIN", "LOGIN"] as const;

/** With a certificate in place of a password (RFC 4422 appendix A). */
export const externalMechanism = "EXTERNAL";

export type SaslMechanism = (typeof saslMechanisms)[number] | typeof externalMechanism;

/** @returns null for a mechanism that is not known. Names are compared without regard to case. */
export function openSaslExchange(mechanism: string): SaslExchange | null {
  switch (mechanism.toUpperCase()) {
    case "PLAIN":
      return new PlainExchange();
    case "LOGIN":
      return new LoginExchange();
    case externalMechanism:
      return new ExternalExchange();
    default:
      return null;
  }
}

/** Decodes base64 as RFC 4648 section 4 has it, padding required. @returns null for anything else. */
export function decodeBase64(text: string): Buffer | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return Buffer.from(text, "base64");
}

export function encodeBase64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}

const MALFORMED: SaslStep = Object.freeze({ next: "malformed" });
/** RFC 4616 section 2 allows 255 octets for each field; a token may be longer than a name typed by hand. */
const LONGEST_FIELD = 4096;

/** PLAIN (RFC 4616): authorization identity, NUL, name, NUL, password. */
class PlainExchange implements SaslExchange {
  readonly mechanism = "PLAIN";

  respond(response: Buffer | null): SaslStep {
    if (response === null) return { next: "challenge", text: "" };
    const text = readText(response);
    if (text === null) return MALFORMED;
    const [authorization, username, password, excess] = text.split("\0");
    if (authorization === undefined || !username || !password || excess !== undefined) return MALFORMED;
    if (username.length > LONGEST_FIELD || password.length > LONGEST_FIELD) return MALFORMED;
    if (authorization !== "" && !isSameAddress(authorization, username)) return { next: "unauthorized", username };
    return { next: "verify", username, password };
  }
}

/** LOGIN (draft-murchison-sasl-login): a name, then a password. Obsolete, and what many clients still speak. */
class LoginExchange implements SaslExchange {
  readonly mechanism = "LOGIN";
  #username: string | null = null;

  respond(response: Buffer | null): SaslStep {
    if (response === null) return { next: "challenge", text: "Username:" };
    const text = readText(response);
    if (!text || text.includes("\0") || text.length > LONGEST_FIELD) return MALFORMED;
    if (this.#username === null) {
      this.#username = text;
      return { next: "challenge", text: "Password:" };
    }
    return { next: "verify", username: this.#username, password: text };
  }
}

/** EXTERNAL (RFC 4422 appendix A): the name of the account to act as, or nothing. */
class ExternalExchange implements SaslExchange {
  readonly mechanism = externalMechanism;

  respond(response: Buffer | null): SaslStep {
    if (response === null) return { next: "challenge", text: "" };
    const authorization = readText(response);
    if (authorization === null || authorization.includes("\0") || authorization.length > LONGEST_FIELD)
      return MALFORMED;
    return { next: "certificate", authorization };
  }
}

function readText(response: Buffer): string | null {
  return isUtf8(response) ? response.toString("utf8") : null;
}
