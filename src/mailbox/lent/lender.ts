import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { Account } from "../accounts/account-names.ts";
import type { Accounts } from "../accounts/accounts.ts";
import { toFailure } from "../store/failure.ts";
import type { MaildropArbiter } from "../store/neighbour.ts";
import { StoreError } from "../store/store-error.ts";
import type { LentAnswer, LentCalls, LentMail, LentRequest, LogIn } from "./lent-messages.ts";

/** What a thread has that others borrow. */
export interface LentParts {
  /** @throws StoreError */
  writer(): Promise<MessagePort>;
  mail(which: "staged" | "inForce"): LentMail;
  /** Null without a store. */
  maildrops(): MaildropArbiter | null;
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
    const borrowing: Borrowing = { port, aborts: new Map(), maildrops: new Set() };
    const { aborts, maildrops } = borrowing;
    port.on("message", (request: LentRequest) => {
      if ("abort" in request) aborts.get(request.abort)?.abort();
      else void this.#answer(borrowing, request);
    });
    port.on("close", () => {
      for (const abort of aborts.values()) abort.abort();
      for (const account of maildrops) this.#parts.maildrops()?.freed(account);
    });
    // The threads keep the process alive, and what they borrow does not.
    port.unref();
    return port2;
  }

  async #answer(borrowing: Borrowing, request: LentCall): Promise<void> {
    const { port, aborts } = borrowing;
    const { number } = request;
    const abort = new AbortController();
    aborts.set(number, abort);
    try {
      const reply = await this.#carryOut(borrowing, request, abort.signal);
      send(port, { number, reply }, request.call === "writer" ? [reply as MessagePort] : []);
    } catch (error) {
      send(port, { number, failure: sentFailure(error) });
    } finally {
      aborts.delete(number);
    }
  }

  async #carryOut(
    { maildrops }: Borrowing,
    request: LentCall,
    signal: AbortSignal,
  ): Promise<LentCalls[keyof LentCalls]["reply"]> {
    switch (request.call) {
      case "writer":
        return this.#parts.writer();
      case "mail":
        return this.#parts.mail(request.request);
      case "maildrop":
        return this.#askFor(maildrops, request.request);
      case "maildropFreed":
        maildrops.delete(request.request);
        this.#parts.maildrops()?.freed(request.request);
        return null;
      case "authenticate":
        return this.#authenticate(request.request, signal);
    }
  }

  /** Whoever ends while it asks has it, and frees it. */
  async #askFor(maildrops: Set<string>, account: string): Promise<boolean> {
    maildrops.add(account);
    const granted = (await this.#parts.maildrops()?.ask(account)) ?? true;
    if (!granted) maildrops.delete(account);
    return granted;
  }

  async #authenticate({ username, password, line }: LogIn, signal: AbortSignal): Promise<Account | null> {
    const accounts = this.#parts.accounts();
    return (await accounts?.authenticate(username, password, { line, signal })) ?? null;
  }
}

/** One thread that borrows. */
interface Borrowing {
  readonly port: MessagePort;
  readonly aborts: Map<number, AbortController>;
  /** That its sessions have, or ask for. */
  readonly maildrops: Set<string>;
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
