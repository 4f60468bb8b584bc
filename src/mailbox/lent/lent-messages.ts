/** What a thread that has the store and the accounts says to one that borrows them, and the other way round. */
import type { MessagePort } from "node:worker_threads";
import type { Account } from "../accounts/account-names.ts";
import type { Failure } from "../store/failure.ts";

/** What a document's mail comes to. Secrets stay where they are checked. */
export interface LentMail {
  /** Those who can log in; null for nobody. */
  readonly accounts: readonly Account[] | null;
  readonly hasStore: boolean;
}

export interface LentCalls {
  /** A port to the store's writing thread. */
  readonly writer: { readonly request: null; readonly reply: MessagePort };
  /** `staged`: that of the document that comes next. */
  readonly mail: { readonly request: "staged" | "inForce"; readonly reply: LentMail };
  /** Whether a session may have a maildrop that its thread has taken: another server may have it. */
  readonly maildrop: { readonly request: string; readonly reply: boolean };
  readonly maildropFreed: { readonly request: string; readonly reply: null };
  readonly authenticate: { readonly request: LogIn; readonly reply: Account | null };
}

export interface LogIn {
  readonly username: string;
  readonly password: string;
  /** Log-ins that wait take turns by this. */
  readonly line: string;
}

export type LentCallName = keyof LentCalls;

export type LentRequest =
  | {
      [Name in LentCallName]: {
        readonly number: number;
        readonly call: Name;
        readonly request: LentCalls[Name]["request"];
      };
    }[LentCallName]
  /** Nobody waits for the answer any more. */
  | { readonly abort: number };

export type LentAnswer =
  | { readonly number: number; readonly reply: LentCalls[LentCallName]["reply"] }
  | { readonly number: number; readonly failure: Failure | SentFailure };

/** An error of another kind, where only its words and its code are kept. */
export interface SentFailure {
  readonly of: "other";
  readonly message: string;
  readonly code: string | null;
}
