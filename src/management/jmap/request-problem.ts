/** A request that is refused as a whole (RFC 8620 section 3.6.1), and its problem document (RFC 7807). */
import { coreLimits } from "./limits.ts";

export type RequestProblemType = "notJSON" | "notRequest" | "limit" | "unknownCapability";

export interface ProblemDocument {
  /** `urn:ietf:params:jmap:error:…`, or `about:blank` where the HTTP status says it all. */
  readonly type: string;
  readonly status: number;
  readonly title?: string;
  readonly detail: string;
  /** With the type `limit`: the name of the limit. */
  readonly limit?: string;
}

/** The request was refused; nothing of it was carried out. */
export class RequestProblem extends Error {
  readonly code = "jmap-request-refused";
  readonly document: ProblemDocument;

  constructor(type: RequestProblemType, detail: string, limit?: keyof typeof coreLimits) {
    super(detail);
    this.name = "RequestProblem";
    const document = { type: `urn:ietf:params:jmap:error:${type}`, status: 400, detail };
    this.document = limit === undefined ? document : { ...document, limit };
  }
}

/** @throws RequestProblem of type `limit` where the value is over it. */
export function holdTo(limit: "maxSizeRequest" | "maxConcurrentRequests" | "maxCallsInRequest", value: number): void {
  if (value > coreLimits[limit]) throw new RequestProblem("limit", `More than ${coreLimits[limit]}: ${limit}.`, limit);
}
