import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestFacts } from "./request-facts.ts";

/** One of `node:http`, which may also look at what is known of the client. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse, facts: RequestFacts) => unknown;
