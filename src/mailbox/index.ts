/** What keeps mail by default, and who may log in. */
export { type Account, AccountDirectory, type AccountEntry, AccountsError } from "./accounts.ts";
export { type Administrator, AdministratorError, administrator } from "./administrator.ts";
export { type MailboxBackend, type MailboxLogger, type MailboxOptions, mailboxBackend } from "./backend.ts";
export { QueueFullError } from "./bounded-queue.ts";
export { hashPassword, SecretError, verifyPassword } from "./password.ts";
export {
  type Delivered,
  type DeliveryRequest,
  openStore,
  type Store,
  type StoreOptions,
  type StoreStatistics,
} from "./store.ts";
export type { DeliveryRecipient, StoredMessage, Trace } from "./store-calls.ts";
export { StoreError, type StoreErrorCode } from "./store-error.ts";
