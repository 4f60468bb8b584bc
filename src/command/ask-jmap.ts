/** Calls methods of the management API of the running server, over its control socket. */
import { askControl, ControlUnreachableError } from "../control/control-client.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { complain } from "./output.ts";

export type MethodCall = readonly [name: string, args: Readonly<Record<string, unknown>>, callId: string];
export type MethodAnswer = Readonly<Record<string, unknown>>;

/** @throws ControlUnreachableError, RefusedError */
export type CallMethods = (calls: readonly MethodCall[]) => Promise<readonly MethodAnswer[]>;

const capabilities = ["urn:ietf:params:jmap:core", "urn:stalwart:jmap"];

/** The server has refused a request or a method; it says why. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly code = "management-refused";
  /** As JMAP names it: `stateMismatch`. */
  readonly type: string;

  constructor(message: string, type: string) {
    super(message);
    this.type = type;
  }
}

/** Says what went wrong, where something did. @param work may say how it ended; else it is done */
export async function withJmap(
  data: string,
  work: (call: CallMethods) => Promise<ExitCode | undefined>,
): Promise<ExitCode> {
  try {
    return (await work((calls) => callMethods(data, calls))) ?? exitCodes.ok;
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
export async function callMethods(data: string, methodCalls: readonly MethodCall[]): Promise<readonly MethodAnswer[]> {
  const { status, body } = await askControl(data, { method: "POST", path: "/jmap/", body: requestOf(methodCalls) });
  if (status >= 300) {
    const detail = textIn(body, "detail") ?? `The server answers with the status ${status}.`;
    throw new RefusedError(detail, textIn(body, "type") ?? "");
  }
  return answersIn(body as { readonly methodResponses: readonly MethodCall[] });
}

export function requestOf(methodCalls: readonly MethodCall[]): Readonly<Record<string, unknown>> {
  return { using: capabilities, methodCalls };
}

/** @throws RefusedError of the first method that was refused for a reason of its own */
export function answersIn({
  methodResponses,
}: {
  readonly methodResponses: readonly (readonly [string, MethodAnswer, string])[];
}): readonly MethodAnswer[] {
  return methodResponses.map(([name, args]) => {
    if (name !== "error") return args;
    const type = String(args["type"]);
    throw new RefusedError(textIn(args, "description") ?? type, type);
  });
}

function textIn(body: unknown, member: string): string | null {
  const text: unknown = typeof body === "object" && body !== null ? Reflect.get(body, member) : null;
  return typeof text === "string" ? text : null;
}
