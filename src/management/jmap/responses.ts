/** Carries out the method calls of one request, one after the other (RFC 8620 section 3.4). */
import type { JsonObject } from "./json.ts";
import { MethodError } from "./method-error.ts";
import type { Invocation, JmapRequest } from "./request.ts";
import { type MethodResponse, resolveReferences } from "./result-references.ts";

/** Ids that this request, and those before it, gave to what they created. */
export type CreatedIds = Map<string, string>;

/** @throws MethodError */
export type Method = (args: JsonObject, call: MethodContext) => JsonObject | Promise<JsonObject>;

export interface MethodContext {
  readonly createdIds: CreatedIds;
}

export interface JmapResponse {
  readonly methodResponses: readonly (readonly [string, JsonObject, string])[];
  readonly createdIds?: JsonObject;
  readonly sessionState: string;
}

export interface Dispatcher {
  /** Undefined where there is no such method. */
  method(name: string): Method | undefined;
  readonly sessionState: string;
  /** A method has failed by a mistake of its own. */
  failed(name: string, error: unknown): void;
}

export async function respond({ calls, createdIds }: JmapRequest, dispatcher: Dispatcher): Promise<JmapResponse> {
  const responses: MethodResponse[] = [];
  const created: CreatedIds = new Map(createdIds ?? []);
  for (const call of calls) responses.push(await carryOut(call, { dispatcher, responses, created }));
  return {
    methodResponses: responses.map(({ name, args, callId }) => [name, args, callId] as const),
    ...(createdIds === null ? {} : { createdIds: Object.fromEntries(created) }),
    sessionState: dispatcher.sessionState,
  };
}

interface CallContext {
  readonly dispatcher: Dispatcher;
  readonly responses: readonly MethodResponse[];
  readonly created: CreatedIds;
}

async function carryOut(call: Invocation, { dispatcher, responses, created }: CallContext): Promise<MethodResponse> {
  const { name, callId } = call;
  try {
    const method = dispatcher.method(name);
    if (!method) throw new MethodError("unknownMethod", `There is no method ${name} here.`);
    const args = await method(resolveReferences(call.args, responses), { createdIds: created });
    return { name, args, callId };
  } catch (error) {
    return { name: "error", args: errorArguments(error, () => dispatcher.failed(name, error)), callId };
  }
}

function errorArguments(error: unknown, tell: () => void): JsonObject {
  if (error instanceof MethodError) return { type: error.type, description: error.message };
  tell();
  return { type: "serverFail", description: "The call failed by a mistake of the server's own; its log says more." };
}
