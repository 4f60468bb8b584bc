/** What a running server can be asked to do. */
import { type Arguments, call, MethodError } from "./jmap.ts";
import { fieldErrorsOf, type SetError } from "./set-error.ts";

export type Action =
  | { readonly "@type": "SuspendListener" | "ResumeListener" | "DrainListener"; readonly listenerId: string }
  | { readonly "@type": "DrainNode"; readonly nodeId: string }
  | { readonly "@type": "CloseConnection"; readonly connectionId: string }
  | { readonly "@type": "RestoreDocument"; readonly reloadId: string };

/** @returns what the server says of it @throws WireError, MethodError when it could not be done */
export async function act(action: Action, { dryRun = false } = {}): Promise<Arguments> {
  const [answer = {}] = await call(["x:Action/set", { create: { a1: action }, ...(dryRun ? { dryRun } : {}) }]);
  const refusals = answer["notCreated"] as Record<string, SetError> | null | undefined;
  const error = refusals?.["a1"];
  const created = answer["created"] as Record<string, Arguments> | null | undefined;
  if (!error) return created?.["a1"] ?? {};
  const description = fieldErrorsOf(error)
    .map(({ message }) => message)
    .join(" ");
  throw new MethodError({ type: error.type, description });
}
