/** What keeps mail by default, and who may log in. */
export type { Account } from "./accounts/account-names.ts";
export { AccountDirectory, type AccountEntry, type Accounts, AccountsError } from "./accounts/accounts.ts";
export { type Administrator, AdministratorError, administrator, keptAdministrator } from "./accounts/administrator.ts";
export { QueueFullError, type QueuePlace } from "./accounts/fair-queue.ts";
export { hashPassword, SecretError, verifyPassword } from "./accounts/password.ts";
export {
  authenticateBy,
  authenticateCertificateBy,
  type MailboxBackend,
  type MailboxOptions,
  mailboxBackend,
} from "./backend.ts";
export { BorrowedAccounts } from "./lent/borrowed-accounts.ts";
export { Borrower } from "./lent/borrower.ts";
export { Lender } from "./lent/lender.ts";
export type { LentMail } from "./lent/lent-messages.ts";
export { borrowStore, type LendableStore, openLendableStore, openStore } from "./open-store.ts";
export type { NeighbourLine } from "./store/neighbour.ts";
export type { Delivered, DeliveryRequest, Store, StoreOptions, StoreStatistics } from "./store/store.ts";
export type { DeliveryRecipient, StoredMessage, Trace } from "./store/store-calls.ts";
export { StoreError, type StoreErrorCode } from "./store/store-error.ts";
