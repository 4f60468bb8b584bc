/** What is wrong with a request that `node:http` lets pass. */
import type { IncomingMessage } from "node:http";
import { trimWhiteSpace } from "../white-space.ts";
import { hostProblem } from "./host-field.ts";

export interface RequestProblem {
  readonly status: 400 | 501 | 505;
  readonly text: string;
}

/** Null for nothing. The connection ends with the answer: what follows such a request may be anything. */
export function requestProblem(request: IncomingMessage): RequestProblem | null {
  if (request.httpVersionMajor !== 1) return { status: 505, text: "Only HTTP/1.1 and HTTP/1.0 are spoken here." };
  const text = hostProblem(request) ?? targetProblem(request.url ?? "");
  return text === null ? codingProblem(request) : { status: 400, text };
}

/** Of an absolute URI (RFC 9110 sections 4.2.1 and 4.2.4): without a host it is invalid, and a name of a user is a trick. */
function targetProblem(target: string): string | null {
  if (!/^https?:/i.test(target)) return null;
  const authority = /^https?:\/\/([^/?#]*)/i.exec(target)?.[1] ?? "";
  return authority === "" || authority.includes("@") || !URL.canParse(target) ? "The target is not a valid URI." : null;
}

/** `chunked` alone is understood, and in HTTP/1.0 nothing is (RFC 9112 sections 6.1 and 6.3). */
function codingProblem({ headersDistinct, httpVersionMinor }: IncomingMessage): RequestProblem | null {
  const fields = headersDistinct["transfer-encoding"];
  if (!fields) return null;
  const codings = fields
    .join(",")
    .split(",")
    .map((coding) => trimWhiteSpace(coding).toLowerCase());
  const isFramed = httpVersionMinor > 0 && codings.indexOf("chunked") === codings.length - 1;
  if (!isFramed) return { status: 400, text: "Where the body ends is unclear." };
  return codings.length === 1 ? null : { status: 501, text: "Only the transfer coding chunked is understood." };
}
