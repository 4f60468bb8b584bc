/** The errors of a server's `start()`, `suspend()` and `resume()`. */

import { messageOf } from "../../config/values/thrown.ts";
import type { ServerState } from "../../machines/server.ts";

/** The start failed, with every reason. Nothing stays open. */
export class StartError extends AggregateError {
  readonly code = "start-failed";

  constructor(errors: readonly unknown[]) {
    super(errors, errors.map(messageOf).join("\n"));
    this.name = "StartError";
  }
}

/** The server was stopped before it had started. */
export class StoppedWhileStartingError extends Error {
  readonly code = "stopped-while-starting";

  constructor() {
    super("The server was stopped before it had started; make a new one to start again.");
    this.name = "StoppedWhileStartingError";
  }
}

/** No listener of the document has this name. */
export class UnknownListenerError extends Error {
  readonly code = "unknown-listener";

  constructor(name: string, known: readonly string[]) {
    super(`There is no listener "${name}". Those of the running document are: ${known.join(", ") || "none"}.`);
    this.name = "UnknownListenerError";
  }
}

/** Listeners can be suspended and resumed only while the server runs. */
export class NotRunningError extends Error {
  readonly code = "not-running";

  constructor(state: ServerState) {
    super(`The server is ${state}: only while it runs can its listeners be suspended, resumed and asked about.`);
    this.name = "NotRunningError";
  }
}
