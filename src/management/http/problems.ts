/** Answers that say what is wrong: problem documents (RFC 9457). */
import type { Refusal } from "../access/refusal.ts";
import type { ProblemDocument } from "../jmap/request-problem.ts";

export function problemAnswer(document: ProblemDocument, fields: Readonly<Record<string, string>> = {}): Response {
  const headers = { "Content-Type": "application/problem+json", "Cache-Control": "no-store", ...fields };
  return new Response(`${JSON.stringify(document)}\n`, { status: document.status, headers });
}

/** @param browser would ask its user by a window of its own, where Basic is offered. */
export function refusalAnswer({ status, detail }: Refusal, browser: boolean): Response {
  const challenge = browser ? "Bearer" : 'Basic realm="Gatehouse", charset="UTF-8", Bearer';
  // What was sent with it is not read.
  const fields: Record<string, string> = { Connection: "close" };
  if (status === 401) fields["WWW-Authenticate"] = challenge;
  if (status === 429 || status === 503) fields["Retry-After"] = "5";
  return problemAnswer({ type: "about:blank", status, detail }, fields);
}
