/** What a running server can be asked to do. */
import { call, MethodError } from "./jmap.ts";
import { fieldErrorsOf, type SetError } from "./set-error.ts";

export type Action =
  | { readonly "@type": "SuspendListener" | "ResumeListener" | "DrainListener"; readonly listenerId: string }
  | { readonly "@type": "CloseConnection"; readonly connectionId: string };

/** @throws WireError, MethodError when it could not be done */
export async function act(action: Action): Promise<void> {
  const [answer = {}] = await call(["x:Action/set", { create: { a1: action } }]);
  const refusals = answer["notCreated"] as Record<string, SetError> | null | undefined;
  const error = refusals?.["a1"];
  if (!error) return;
  const description = fieldErrorsOf(error)
    .map(({ message }) => message)
    .join(" ");
  throw new MethodError({ type: error.type, description });
}
