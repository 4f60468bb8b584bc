/** JMAP (RFC 8620 section 3) as the console speaks it: one request, its responses in order, and what went wrong in words. */

export type Arguments = Readonly<Record<string, unknown>>;
export type MethodCall = readonly [name: string, args: Arguments];

const using = ["urn:ietf:params:jmap:core", "urn:stalwart:jmap"];

/** Where requests go, as the session resource says. Paths are relative: the console may lie below another. */
let endpoint = "../jmap/";

/** Only the path is used: a proxy in front of the server may give it another name. */
export function useEndpoint(apiUrl: unknown): void {
  if (typeof apiUrl === "string" && URL.canParse(apiUrl, location.href))
    endpoint = new URL(apiUrl, location.href).pathname;
}

/** Where events come from, as the session resource says. */
let eventSource = "../jmap/eventsource/";

export function useEventSource(url: unknown): void {
  if (typeof url === "string" && URL.canParse(url, location.href)) eventSource = new URL(url, location.href).pathname;
}

export function eventSourcePath(): string {
  return eventSource;
}

/** `unauthorized`: nobody is logged in any more. `unreachable`: no answer came. `refused`: an answer that is an error. */
export type WireProblem = "unauthorized" | "unreachable" | "refused";

export class WireError extends Error {
  readonly problem: WireProblem;

  constructor(problem: WireProblem, message: string) {
    super(message);
    this.name = "WireError";
    this.problem = problem;
  }
}

/** A method that answered with an error (RFC 8620 section 3.6.2). */
export class MethodError extends Error {
  readonly type: string;

  constructor({ type = "serverFail", description }: { readonly type?: string; readonly description?: string }) {
    super(description ?? methodWords[type] ?? `The server answered ${type}.`);
    this.name = "MethodError";
    this.type = type;
  }
}

const methodWords: Readonly<Record<string, string>> = {
  forbidden: "Your account may not do this.",
  stateMismatch: "Somebody else has changed this meanwhile.",
  requestTooLarge: "That is more than the server takes at once.",
};

/** @throws WireError, MethodError for the first method that failed. */
export async function call(...calls: readonly MethodCall[]): Promise<Arguments[]> {
  const methodCalls = calls.map(([name, args], index) => [name, args, `c${index}`]);
  const response = await post(endpoint, { using, methodCalls });
  const { methodResponses } = (await response.json()) as { methodResponses: [string, Arguments, string][] };
  return methodResponses.map(([name, args]) => {
    if (name === "error") throw new MethodError(args);
    return args;
  });
}

/** @throws WireError */
export async function post(path: string, body: unknown): Promise<Response> {
  return answered(
    fetchFrom(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
}

/** @throws WireError */
export async function get(path: string): Promise<Response> {
  return answered(fetchFrom(path, {}));
}

function fetchFrom(path: string, init: RequestInit): Promise<Response> {
  return fetch(path, { ...init, credentials: "same-origin", signal: AbortSignal.timeout(30_000) });
}

async function answered(answer: Promise<Response>): Promise<Response> {
  let response: Response;
  try {
    response = await answer;
  } catch {
    throw new WireError("unreachable", "The server does not answer.");
  }
  if (response.ok) return response;
  if (response.status === 401) throw new WireError("unauthorized", "Nobody is logged in.");
  const problem = response.status >= 502 ? "unreachable" : "refused";
  throw new WireError(problem, await wordsOf(response));
}

/** A problem document (RFC 9457), or what the status says. */
async function wordsOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => "");
  try {
    const { detail, title } = JSON.parse(text) as { detail?: string; title?: string };
    if (detail ?? title) return detail ?? title ?? "";
  } catch {
    // Plain words, or none.
  }
  if (response.status === 403) return "Your account may not do this.";
  if (response.status === 429) return "Too many requests. Wait a moment.";
  return text.length > 0 && text.length < 300 ? text.trim() : `The server answered with status ${response.status}.`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
