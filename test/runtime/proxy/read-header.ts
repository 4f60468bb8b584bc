import type { ProxyHeader } from "../../../src/runtime/proxy/proxy-header.ts";
import type { ProxyHeaderError } from "../../../src/runtime/proxy/proxy-header-error.ts";
import { ProxyHeaderReader, type ProxyHeaderStep } from "../../../src/runtime/proxy/proxy-header-reader.ts";

/** Feeds one chunk to a reader of its own. */
export function step(bytes: Uint8Array | string): ProxyHeaderStep {
  return new ProxyHeaderReader().feed(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
}

export function headerOf(bytes: Uint8Array | string): ProxyHeader {
  const outcome = step(bytes);
  if (outcome === "more") throw new Error("The header is not complete.");
  if ("error" in outcome) throw outcome.error;
  return outcome.header;
}

export function errorOf(bytes: Uint8Array | string): ProxyHeaderError {
  const outcome = step(bytes);
  if (outcome === "more" || "header" in outcome) throw new Error(`No error, but ${JSON.stringify(outcome)}.`);
  return outcome.error;
}
