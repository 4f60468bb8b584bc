/** What keeps mail by default, and who may log in. */
export { type Account, AccountDirectory, type AccountEntry, AccountsError } from "./accounts/accounts.ts";
export { type Administrator, AdministratorError, administrator, keptAdministrator } from "./accounts/administrator.ts";
export { QueueFullError, type QueuePlace } from "./accounts/fair-queue.ts";
export { hashPassword, SecretError, verifyPassword } from "./accounts/password.ts";
export {
  authenticateBy,
  authenticateCertificateBy,
  type MailboxBackend,
  type MailboxLogger,
  type MailboxOptions,
  mailboxBackend,
} from "./backend.ts";
export { openStore } from "./open-store.ts";
export type { NeighbourLine } from "./store/neighbour.ts";
export type { Delivered, DeliveryRequest, Store, StoreOptions, StoreStatistics } from "./store/store.ts";
export type { DeliveryRecipient, StoredMessage, Trace } from "./store/store-calls.ts";
export { StoreError, type StoreErrorCode } from "./store/store-error.ts";
