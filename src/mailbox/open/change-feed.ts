import { Observable, type Subscriber } from "rxjs";
import type { MailboxChange } from "../../protocols/mailbox.ts";

/** The changes for one session: kept until it subscribes, then delivered at once, in order. */
export class ChangeFeed {
  #kept: MailboxChange[] | null = [];
  #subscriber: Subscriber<MailboxChange> | null = null;
  #complete = false;

  readonly changes$ = new Observable<MailboxChange>((subscriber) => {
    this.#subscriber = subscriber;
    const kept = this.#kept ?? [];
    this.#kept = null;
    for (const change of kept) subscriber.next(change);
    if (this.#complete) subscriber.complete();
    return () => {
      if (this.#subscriber === subscriber) this.#subscriber = null;
    };
  });

  push(change: MailboxChange): void {
    if (this.#complete) return;
    if (this.#kept) this.#kept.push(change);
    else this.#subscriber?.next(change);
  }

  complete(): void {
    if (this.#complete) return;
    this.#complete = true;
    this.#subscriber?.complete();
  }
}
