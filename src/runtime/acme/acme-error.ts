export type AcmeErrorCode =
  /** The authority cannot be reached, or answers nothing that can be read. */
  | "acme-unreachable"
  /** The authority refuses what it was asked. */
  | "acme-refused"
  /** Too many orders: the authority says when the next may be placed. */
  | "acme-rate-limited"
  /** The authority could not see the proof of a domain. */
  | "acme-challenge-failed"
  /** What was issued is for another key or other names, or is not valid. */
  | "acme-unusable-certificate"
  /** The authority wants an account that was made elsewhere, and none is given, or its key cannot be used. */
  | "acme-external-account"
  /** The files of accounts and orders cannot be read or written. */
  | "acme-files";

/** A certificate was not issued. The message says why and what to do; it holds no key material. */
export class AcmeError extends Error {
  override readonly name = "AcmeError";
  readonly code: AcmeErrorCode;
  /** Milliseconds until the authority wants to be asked again; null when it has not said. */
  readonly retryAfter: number | null;
  /** Of the authority's answer, e.g. `badNonce`; null without one. */
  readonly problem: string | null;

  constructor(
    code: AcmeErrorCode,
    message: string,
    options: { readonly retryAfter?: number | null; readonly problem?: string | null; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryAfter = options.retryAfter ?? null;
    this.problem = options.problem ?? null;
  }
}
