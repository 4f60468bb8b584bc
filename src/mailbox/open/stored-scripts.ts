import { MailboxError, type MailboxLimits, type ScriptEntry, type Scripts } from "../../protocols/mailbox.ts";
import { checkScript, tooManyScripts } from "../database/script-names.ts";
import { toMailboxError } from "../store/failure.ts";
import type { StorePort } from "../store/store-port.ts";

/** An account's scripts in the store. */
export class StoredScripts implements Scripts {
  readonly #store: StorePort;
  readonly #account: string;
  readonly #limits: MailboxLimits;

  constructor(store: StorePort, { account, limits }: { readonly account: string; readonly limits: MailboxLimits }) {
    this.#store = store;
    this.#account = account;
    this.#limits = limits;
  }

  list(): Promise<readonly ScriptEntry[]> {
    return this.#do(async (store, account) => {
      const scripts = await store.read("scripts", account);
      return scripts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    });
  }

  get(name: string): Promise<Uint8Array> {
    return this.#do(async (store, account) => {
      const script = await store.read("script", { account, name });
      if (script) return script;
      throw new MailboxError("script-missing", "There is no script of this name.");
    });
  }

  async haveSpace(name: string, size: number): Promise<void> {
    checkScript({ name, size }, this.#limits);
    const scripts = await this.list();
    if (scripts.length < this.#limits.maxScripts || scripts.some((script) => script.name === name)) return;
    throw tooManyScripts(this.#limits);
  }

  async put(name: string, script: Uint8Array): Promise<void> {
    await this.#do((store, account) => store.write("putScript", { account, name, bytes: Uint8Array.from(script) }));
  }

  async delete(name: string): Promise<void> {
    await this.#do((store, account) => store.write("deleteScript", { account, name }));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#do((store, account) => store.write("renameScript", { account, from, to }));
  }

  async activate(name: string | null): Promise<void> {
    await this.#do((store, account) => store.write("activateScript", { account, name }));
  }

  async #do<Result>(call: (store: StorePort, account: string) => Promise<Result>): Promise<Result> {
    try {
      return await call(this.#store, this.#account);
    } catch (error) {
      throw toMailboxError(error);
    }
  }
}
