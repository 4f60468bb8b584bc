/** A request, as far as it matters for who may. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { requestHost } from "../../protocols/http/request-path.ts";
import type { ConnectionFacts } from "../../protocols/protocol.ts";

export interface Asked {
  readonly method: string;
  /** Which it asks for, with the port if it has one; undefined where it does not say. */
  readonly host: string | undefined;
  /** @param name in lower case */
  field(name: string): string | undefined;
  readonly facts: ConnectionFacts;
  /** Aborted when nobody waits for an answer any more. */
  readonly signal: AbortSignal;
}

export function askedBy(request: IncomingMessage, response: ServerResponse, facts: ConnectionFacts): Asked {
  const abort = new AbortController();
  response.once("close", () => abort.abort());
  return {
    method: request.method ?? "",
    host: requestHost(request),
    field: (name) => request.headers[name]?.toString(),
    facts,
    signal: abort.signal,
  };
}

/** Fields of Fetch Metadata are sent by browsers alone. */
export function isBrowser({ field }: Asked): boolean {
  return field("sec-fetch-mode") !== undefined;
}
