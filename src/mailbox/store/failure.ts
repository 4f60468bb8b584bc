import { MailboxError, type MailboxErrorCode } from "../../protocols/mailbox.ts";
import { StoreError, type StoreErrorCode, toStoreError } from "./store-error.ts";

/** An error on its way from the store's thread. */
export type Failure =
  | { readonly of: "store"; readonly code: StoreErrorCode; readonly message: string }
  | { readonly of: "mailbox"; readonly code: MailboxErrorCode; readonly message: string };

export function toFailure(error: unknown): Failure {
  if (error instanceof MailboxError) return { of: "mailbox", code: error.code, message: error.message };
  const { code, message } = toStoreError(error);
  return { of: "store", code, message };
}

export function fromFailure(failure: Failure): StoreError | MailboxError {
  if (failure.of === "mailbox") return new MailboxError(failure.code, failure.message);
  return new StoreError(failure.code, failure.message);
}

/** An error in the terms of the mailbox contract, in words that a client may see. */
export function toMailboxError(error: unknown): MailboxError {
  if (error instanceof MailboxError) return error;
  switch (toStoreError(error).code) {
    case "store-full":
      return new MailboxError("storage-full", "The server has no room left; try again later.", { cause: error });
    case "message-missing":
      return new MailboxError("message-missing", "The message was expunged.", { cause: error });
    case "body-incomplete":
      return new MailboxError("message-incomplete", "The message broke off before its end; nothing of it is kept.", {
        cause: error,
      });
    default:
      return new MailboxError("mailbox-unavailable", "The mailbox cannot be reached; try again later.", {
        cause: error,
      });
  }
}
