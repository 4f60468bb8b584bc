/** Calls methods of the management API of the running server, over its control socket. */
import { askControl, ControlUnreachableError } from "../control/control-client.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { complain } from "./output.ts";

export type MethodCall = readonly [name: string, args: Readonly<Record<string, unknown>>, callId: string];
export type MethodAnswer = Readonly<Record<string, unknown>>;

const capabilities = ["urn:ietf:params:jmap:core", "urn:stalwart:jmap"];

/** The server has refused a request or a method; it says why. */
class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly code = "management-refused";
}

/** Says what went wrong, where something did. */
export async function withJmap(
  data: string,
  work: (call: (calls: readonly MethodCall[]) => Promise<readonly MethodAnswer[]>) => Promise<void>,
): Promise<ExitCode> {
  try {
    await work((calls) => callMethods(data, calls));
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof RefusedError) {
      complain(error.message);
      return exitCodes.configuration;
    }
    if (!(error instanceof ControlUnreachableError)) throw error;
    complain(error.message);
    return exitCodes.unreachable;
  }
}

/** @throws ControlUnreachableError, RefusedError */
async function callMethods(data: string, methodCalls: readonly MethodCall[]): Promise<readonly MethodAnswer[]> {
  const { status, body } = await askControl(data, {
    method: "POST",
    path: "/jmap/",
    body: { using: capabilities, methodCalls },
  });
  if (status >= 300) throw new RefusedError(textIn(body, "detail") ?? `The server answers with the status ${status}.`);
  const { methodResponses } = body as { readonly methodResponses: readonly MethodCall[] };
  return methodResponses.map(([name, args]) => {
    if (name === "error") throw new RefusedError(textIn(args, "description") ?? String(args["type"]));
    return args;
  });
}

function textIn(body: unknown, member: string): string | null {
  const text: unknown = typeof body === "object" && body !== null ? Reflect.get(body, member) : null;
  return typeof text === "string" ? text : null;
}
