/** Whether and how a server can be controlled, from before anything else of it is made until all of it has ended. */
import type { Lifecycle } from "../runtime/observe/lifecycle.ts";
import { type Controlled, openControl } from "./control.ts";
import { ControlSocketError, type PlacedSocket } from "./control-socket.ts";

export class ControlAccess {
  readonly #path: string;
  readonly #lifecycle: Lifecycle;
  #closed = false;
  #socket: PlacedSocket | null = null;

  constructor(path: string, lifecycle: Lifecycle) {
    this.#path = path;
    this.#lifecycle = lifecycle;
  }

  /**
   * Where the socket cannot be had, the server runs without.
   * @param options.replaces puts it in the place of the socket of the server that this one succeeds, or of a successor that
   * has failed.
   * @throws ControlSocketError when another server has it.
   */
  async open(controlled: Controlled, options: { readonly replaces?: boolean } = {}): Promise<void> {
    const former = this.#socket;
    try {
      this.#socket = await openControl(this.#path, controlled, options);
      void former?.close();
    } catch (error) {
      if (!(error instanceof ControlSocketError && error.code === "control-unavailable")) throw error;
      const text = `${error.message} The server runs without.`;
      this.#lifecycle.emit({ type: "server.warning", code: error.code, text });
    }
    // A folder that did not answer in time has held nobody's stop up.
    if (this.#closed) await this.#socket?.close();
  }

  /** A successor that has failed may have put its socket in the place of this one. */
  async restore(controlled: Controlled): Promise<void> {
    if (this.#socket && !(await this.#socket.isInPlace())) await this.open(controlled, { replaces: true });
  }

  /** Waits for no opening that is under way: that ends by itself. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#socket?.close();
  }
}
