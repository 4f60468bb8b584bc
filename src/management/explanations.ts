/** `x:NetworkListener/explain` (ours): what would become of a client that connected now. */
import type { Gatehouse } from "../gatehouse-contract.ts";
import { ExplainedClientError } from "../runtime/explain/explain.ts";
import { NotRunningError, UnknownListenerError } from "../runtime/server/server-errors.ts";
import { explainArguments } from "./jmap/arguments.ts";
import type { JsonObject } from "./jmap/json.ts";
import { MethodError } from "./jmap/method-error.ts";
import { accountId } from "./jmap/session.ts";

/** @throws MethodError */
export async function explain(gatehouse: Gatehouse, args: JsonObject): Promise<JsonObject> {
  const { listenerId, address, serverName = null, proxied } = explainArguments(args);
  const client = { listener: listenerId, address, serverName, proxied: proxied ?? false };
  try {
    return { accountId, explanation: (await gatehouse.explain(client)) as unknown as JsonObject };
  } catch (error) {
    if (error instanceof ExplainedClientError || error instanceof UnknownListenerError)
      throw new MethodError("invalidArguments", error.message);
    if (error instanceof NotRunningError) throw new MethodError("serverUnavailable", error.message);
    throw error;
  }
}
