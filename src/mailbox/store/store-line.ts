import type { CallName, Calls, ChangeSet } from "./store-calls.ts";

/** A thread's way to one of the store's threads. */
export interface StoreLine {
  /** Gets what commits changed, each before the call that changed it is answered. */
  onChanges: (changes: readonly ChangeSet[]) => void;
  /** Something may have been committed and never reported. */
  onLost: () => void;
  /**
   * @param transfer Memory that is handed over instead of copied.
   * @throws StoreError
   */
  call<Name extends CallName>(
    name: Name,
    request: Calls[Name]["request"],
    transfer?: readonly ArrayBufferLike[],
  ): Promise<Calls[Name]["reply"]>;
  /** Another server may have the folder as well, or not any more. */
  share(isShared: boolean): void;
  /** Reports what another server has committed to the other threads; null for something that was never reported. */
  pass(changes: readonly ChangeSet[] | null): void;
  close(): Promise<void>;
}

/** How a thread hears of what others commit, where several write by the same thread of the store. */
export interface CommitReports {
  /** Changes of this mailbox that are committed from here on are reported. */
  follow(mailbox: number): void;
  unfollow(mailbox: number): void;
  /** Reports at once what was committed until now. */
  catchUp(): void;
  /** Tells the other threads what another server has committed; null for something that was never reported. */
  pass(changes: readonly ChangeSet[] | null): void;
}

/** Where every commit is this thread's own. */
export const allReported: CommitReports = { follow: () => {}, unfollow: () => {}, catchUp: () => {}, pass: () => {} };
