/** A request, as far as it matters for who may. */
import type { IncomingMessage } from "node:http";
import { mountOf } from "../../protocols/http/mount.ts";
import type { RequestFacts } from "../../protocols/http/request-facts.ts";
import { requestHost } from "../../protocols/http/request-path.ts";

export interface Asked {
  readonly method: string;
  /** Which it asks for, with the port if it has one; undefined where it does not say. */
  readonly host: string | undefined;
  /** The path that the management is mounted at, without a slash at its end; empty where it has its own paths. */
  readonly mount: string;
  /** @param name in lower case */
  field(name: string): string | undefined;
  /** With a `signal` that is aborted when nobody waits for an answer any more. */
  readonly facts: RequestFacts;
}

export function askedBy(request: IncomingMessage, facts: RequestFacts): Asked {
  return {
    method: request.method ?? "",
    host: requestHost(request),
    mount: mountOf(request),
    field: (name) => request.headers[name]?.toString(),
    facts,
  };
}

/** Fields of Fetch Metadata are sent by browsers alone. */
export function isBrowser({ field }: Asked): boolean {
  return field("sec-fetch-mode") !== undefined;
}
