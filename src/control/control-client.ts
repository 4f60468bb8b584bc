/** Sends a request to the server that runs with a data folder, through its control socket. */
import { json } from "node:stream/consumers";
import { bindablePath, controlSocketOf } from "./socket-path.ts";

// An import would load all that `node:http` exports, and with `WebSocket` a whole client: a third of a short command's time.
const { request } = process.getBuiltinModule("node:http");

/** Longer than any answer takes, in milliseconds. */
const answerTimeout = 90_000;

export interface ControlRequest {
  readonly method: "GET" | "POST";
  /** With its query: `/connections?listener=smtp`. */
  readonly path: string;
  readonly body?: unknown;
  /** Milliseconds; 90 seconds by default. */
  readonly timeout?: number;
}

export interface ControlAnswer {
  /** The HTTP status. */
  readonly status: number;
  readonly body: unknown;
}

/** Nobody answers at the control socket of a data folder. */
export class ControlUnreachableError extends Error {
  readonly code = "control-unreachable";

  constructor(dataDirectory: string, cause: unknown) {
    super(`${reasonOf(dataDirectory, cause)}`, { cause });
    this.name = "ControlUnreachableError";
  }
}

/** @throws ControlUnreachableError */
export async function askControl(
  dataDirectory: string,
  { method, path, body, timeout = answerTimeout }: ControlRequest,
): Promise<ControlAnswer> {
  const text = body === undefined ? "" : JSON.stringify(body);
  try {
    const socketPath = bindablePath(controlSocketOf(dataDirectory));
    if (socketPath === null) throw new Error("its path is too long for a Unix socket");
    return await new Promise((resolve, reject) => {
      const asked = request({ socketPath, method, path, agent: false, timeout }, (response) => {
        json(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: answer }), reject);
      });
      asked.on("timeout", () => asked.destroy(new Error("it does not answer")));
      asked.on("error", reject);
      asked.setHeader("Content-Type", "application/json");
      asked.end(text);
    });
  } catch (error) {
    throw new ControlUnreachableError(dataDirectory, error);
  }
}

function reasonOf(dataDirectory: string, cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const socket = controlSocketOf(dataDirectory);
  if (code === "ENOENT" || code === "ECONNREFUSED")
    return `No server runs with the data folder ${dataDirectory} (nobody answers at ${socket}). Give its folder with --data.`;
  if (code === "EACCES")
    return `The server that runs with the data folder ${dataDirectory} belongs to another user; ask as that user, or as root.`;
  const text = cause instanceof Error ? cause.message : String(cause);
  return `The server that runs with the data folder ${dataDirectory} could not be asked (${socket}): ${text}.`;
}
