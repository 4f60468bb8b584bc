import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { Account } from "../accounts/account-names.ts";
import type { Accounts } from "../accounts/accounts.ts";
import { toFailure } from "../store/failure.ts";
import { StoreError } from "../store/store-error.ts";
import type { LentAnswer, LentCalls, LentMail, LentRequest, LogIn } from "./lent-messages.ts";

/** What a thread has that others borrow. */
export interface LentParts {
  /** @throws StoreError */
  writer(): Promise<MessagePort>;
  mail(which: "staged" | "inForce"): LentMail;
  /** Null where nobody can log in. */
  accounts(): Pick<Accounts, "authenticate"> | null;
}

/** Answers threads that borrow the store and the accounts. */
export class Lender {
  readonly #parts: LentParts;

  constructor(parts: LentParts) {
    this.#parts = parts;
  }

  /** @returns the port by which a thread borrows */
  lend(): MessagePort {
    const { port1: port, port2 } = new MessageChannel();
    const aborts = new Map<number, AbortController>();
    port.on("message", (request: LentRequest) => {
      if ("abort" in request) aborts.get(request.abort)?.abort();
      else void this.#answer(port, request, aborts);
    });
    port.on("close", () => {
      for (const abort of aborts.values()) abort.abort();
    });
    // The threads keep the process alive, and what they borrow does not.
    port.unref();
    return port2;
  }

  async #answer(port: MessagePort, request: LentCall, aborts: Map<number, AbortController>): Promise<void> {
    const { number } = request;
    const abort = new AbortController();
    aborts.set(number, abort);
    try {
      const reply = await this.#carryOut(request, abort.signal);
      send(port, { number, reply }, request.call === "writer" ? [reply as MessagePort] : []);
    } catch (error) {
      send(port, { number, failure: sentFailure(error) });
    } finally {
      aborts.delete(number);
    }
  }

  async #carryOut(request: LentCall, signal: AbortSignal): Promise<LentCalls[keyof LentCalls]["reply"]> {
    switch (request.call) {
      case "writer":
        return this.#parts.writer();
      case "mail":
        return this.#parts.mail(request.request);
      case "authenticate":
        return this.#authenticate(request.request, signal);
    }
  }

  async #authenticate({ username, password, line }: LogIn, signal: AbortSignal): Promise<Account | null> {
    const accounts = this.#parts.accounts();
    return (await accounts?.authenticate(username, password, { line, signal })) ?? null;
  }
}

type LentCall = Exclude<LentRequest, { readonly abort: number }>;

function send(port: MessagePort, answer: LentAnswer, transfer: MessagePort[] = []): void {
  port.postMessage(answer, transfer);
}

function sentFailure(error: unknown) {
  if (error instanceof StoreError) return toFailure(error);
  if (!(error instanceof Error)) return { of: "other", message: String(error), code: null } as const;
  return { of: "other", message: error.message, code: "code" in error ? String(error.code) : null } as const;
}
