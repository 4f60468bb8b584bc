/** Errors of a fleet. */

export type FleetErrorCode = "engine-url" | "engine-tls" | "engine-refused" | "engine-lost" | "fleet-key";

/** What keeps a node from its fleet. The URL, which may hold a password, is never part of the message. */
export class FleetError extends Error {
  override readonly name = "FleetError";
  readonly code: FleetErrorCode;

  constructor(code: FleetErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
