/** Answers that say what is wrong: problem documents (RFC 9457). */
import type { ServerResponse } from "node:http";
import type { Refusal } from "../access/refusal.ts";
import type { ProblemDocument } from "../jmap/request-problem.ts";

type Fields = Readonly<Record<string, string>>;

export function problemAnswer(document: ProblemDocument, fields: Fields = {}): Response {
  return new Response(problemText(document), { status: document.status, headers: { ...problemFields, ...fields } });
}

/** @param browser would ask its user by a window of its own, where Basic is offered. */
export function refusalAnswer(refusal: Refusal, browser: boolean): Response {
  return problemAnswer(refusalDocument(refusal), refusalFields(refusal, browser));
}

/** The same, where `node:http` answers. */
export function refuse(response: ServerResponse, refusal: Refusal, browser: boolean): void {
  const document = refusalDocument(refusal);
  response.writeHead(document.status, { ...problemFields, ...refusalFields(refusal, browser) });
  response.end(problemText(document));
}

const problemFields: Fields = { "Content-Type": "application/problem+json", "Cache-Control": "no-store" };

function problemText(document: ProblemDocument): string {
  return `${JSON.stringify(document)}\n`;
}

function refusalDocument({ status, detail }: Refusal): ProblemDocument {
  return { type: "about:blank", status, detail };
}

function refusalFields({ status }: Refusal, browser: boolean): Fields {
  const challenge = browser ? "Bearer" : 'Basic realm="Gatehouse", charset="UTF-8", Bearer';
  return {
    // What was sent with it is not read.
    Connection: "close",
    ...(status === 401 ? { "WWW-Authenticate": challenge } : {}),
    ...(status === 429 || status === 503 ? { "Retry-After": "5" } : {}),
  };
}
