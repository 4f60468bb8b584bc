import { waitFor } from "xstate";
import { ReloadError, type Reloader } from "./reload.ts";

/** Lets no document through while a successor is about to take over: it reads the document itself. */
export class ReloadGate {
  readonly #reloader: () => Reloader | null;
  #closed: PromiseWithResolvers<void> | null = null;

  constructor(reloader: () => Reloader | null) {
    this.#reloader = reloader;
  }

  /** Resolves when no document is being put into force; none is from then on. */
  async close(): Promise<void> {
    this.#closed ??= Promise.withResolvers();
    this.#closed.promise.catch(() => {});
    const reloader = this.#reloader();
    if (reloader) await waitFor(reloader.actor, ({ value, status }) => value === "idle" || status !== "active");
  }

  /** There is no successor: documents that have come meanwhile are put into force. */
  open(): void {
    this.#closed?.resolve();
    this.#closed = null;
  }

  /** A successor is in charge, of the document too. */
  end(): void {
    const text = "A successor has taken over from this server, with the document as it was then; reload that one.";
    this.#closed?.reject(new ReloadError("reload-stopped", text));
  }

  /** Resolves when documents may pass; null while they may. @throws ReloadError when this server has none any more */
  get closed(): Promise<void> | null {
    return this.#closed?.promise ?? null;
  }
}
