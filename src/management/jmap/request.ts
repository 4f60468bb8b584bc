/** Reads the body of a request (RFC 8620 section 3.3). */
import { isObject, type Json, type JsonObject, memberOf } from "./json.ts";
import { holdTo, RequestProblem } from "./request-problem.ts";

/** `urn:stalwart:jmap` is that of the management objects. */
export const capabilities: readonly string[] = ["urn:ietf:params:jmap:core", "urn:stalwart:jmap"];

export interface Invocation {
  readonly name: string;
  readonly args: JsonObject;
  /** By which the client knows the answer. */
  readonly callId: string;
}

export interface JmapRequest {
  readonly calls: readonly Invocation[];
  /** Ids of objects by the creation ids of earlier requests; null where the client did not send any. */
  readonly createdIds: ReadonlyMap<string, string> | null;
}

/** @throws RequestProblem */
export function readRequest(text: string): JmapRequest {
  const value = jsonIn(text);
  if (!isObject(value)) throw notRequest("it is not an object");
  checkUsing(memberOf(value, "using"));
  const methodCalls = memberOf(value, "methodCalls");
  if (!Array.isArray(methodCalls)) throw notRequest("methodCalls must be an array of method calls");
  holdTo("maxCallsInRequest", methodCalls.length);
  return { calls: methodCalls.map(readInvocation), createdIds: readCreatedIds(memberOf(value, "createdIds")) };
}

function jsonIn(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestProblem("notJSON", "The body of the request is not JSON.");
  }
}

function checkUsing(using: Json | undefined): void {
  if (!Array.isArray(using) || !using.every((one) => typeof one === "string"))
    throw notRequest("using must be an array of capabilities");
  const unknown = using.find((one) => !capabilities.includes(one));
  if (unknown !== undefined) {
    const detail = `There is no capability ${JSON.stringify(unknown)} here; these are: ${capabilities.join(", ")}.`;
    throw new RequestProblem("unknownCapability", detail);
  }
}

function readInvocation(call: Json, index: number): Invocation {
  if (Array.isArray(call) && call.length === 3) {
    const [name, args, callId] = call;
    if (typeof name === "string" && isObject(args) && typeof callId === "string") return { name, args, callId };
  }
  throw notRequest(`methodCalls[${index}] must be an array of a name, an object of arguments and an id of the call`);
}

function readCreatedIds(given: Json | undefined): ReadonlyMap<string, string> | null {
  if (given === undefined) return null;
  if (!isObject(given)) throw notRequest("createdIds must be a map from creation id to id");
  const ids = new Map<string, string>();
  for (const [creationId, id] of Object.entries(given)) {
    if (typeof id !== "string") throw notRequest("createdIds must be a map from creation id to id");
    ids.set(creationId, id);
  }
  return ids;
}

function notRequest(problem: string): RequestProblem {
  return new RequestProblem(
    "notRequest",
    `The body is JSON and no request of JMAP (RFC 8620 section 3.3): ${problem}.`,
  );
}
