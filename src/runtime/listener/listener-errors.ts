import { messageOf } from "../../config/values/thrown.ts";

/** Errors for those who start, suspend or resume a listener. */

/** Why several addresses of one listener could not be bound. */
export class ListenerError extends AggregateError {
  readonly code = "listener-failed";
  readonly listener: string;

  constructor(listener: string, errors: readonly unknown[]) {
    super(errors, errors.map((error) => `Listener "${listener}": ${messageOf(error)}`).join("\n"));
    this.name = "ListenerError";
    this.listener = listener;
  }
}

/** The listener cannot be suspended or resumed now. */
export class ListenerStateError extends Error {
  readonly code = "listener-state";
  readonly listener: string;
  readonly state: string;

  constructor(listener: string, { wanted, state }: { wanted: "suspended" | "resumed"; state: string }) {
    super(`Listener "${listener}" is ${state}: only one that is listening or paused can be ${wanted}.`);
    this.name = "ListenerStateError";
    this.listener = listener;
    this.state = state;
  }
}
