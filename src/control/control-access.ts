/** Whether and how a server can be controlled, from before anything else of it is made until all of it has ended. */
import type { Lifecycle } from "../runtime/observe/lifecycle.ts";
import { openControl } from "./control.ts";
import { ControlSocketError } from "./control-socket.ts";
import type { Controlled } from "./routes.ts";

export class ControlAccess {
  readonly #path: string;
  readonly #lifecycle: Lifecycle;
  #closed = false;
  #end: () => Promise<void> = async () => {};

  constructor(path: string, lifecycle: Lifecycle) {
    this.#path = path;
    this.#lifecycle = lifecycle;
  }

  /** Where the socket cannot be had, the server runs without. @throws ControlSocketError when another server has it. */
  async open(controlled: Controlled): Promise<void> {
    try {
      this.#end = await openControl(this.#path, controlled);
    } catch (error) {
      if (!(error instanceof ControlSocketError && error.code === "control-unavailable")) throw error;
      const text = `${error.message} The server runs without.`;
      this.#lifecycle.emit({ type: "server.warning", code: error.code, text });
    }
    // A folder that did not answer in time has held nobody's stop up.
    if (this.#closed) await this.#end();
  }

  /** Waits for no opening that is under way: that ends by itself. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#end();
  }
}
