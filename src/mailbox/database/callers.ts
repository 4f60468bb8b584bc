import type { MessagePort } from "node:worker_threads";
import type { ChangeSet, Following, Response } from "../store/store-calls.ts";

/** A thread that makes calls. */
export class Caller {
  readonly #port: Pick<MessagePort, "postMessage">;
  #followsAll: boolean;
  readonly #followed = new Set<number>();

  constructor(port: Pick<MessagePort, "postMessage">, { followsAll }: { readonly followsAll: boolean }) {
    this.#port = port;
    this.#followsAll = followsAll;
  }

  /** Memory of messages is handed over instead of copied. */
  send(response: Response): void {
    const octets =
      "reply" in response && response.reply !== null && typeof response.reply === "object" && "octets" in response.reply
        ? response.reply.octets.buffer
        : null;
    this.#port.postMessage(response, octets instanceof ArrayBuffer ? [octets] : []);
  }

  follow(following: Following): void {
    if ("followAll" in following) this.#followsAll = following.followAll;
    else if ("follow" in following) this.#followed.add(following.follow);
    else this.#followed.delete(following.unfollow);
  }

  /** Those that it wants to hear of. */
  of(changes: readonly ChangeSet[]): readonly ChangeSet[] {
    if (this.#followsAll || changes.length === 0) return changes;
    return changes.filter(({ mailbox }) => this.#followed.has(mailbox));
  }
}

/** All threads that make calls to this one. */
export class Callers {
  readonly #all = new Set<Caller>();

  add(caller: Caller): void {
    this.#all.add(caller);
  }

  remove(caller: Caller): void {
    this.#all.delete(caller);
  }

  /** Something may have been committed and never reported. */
  reportLost(knowing: Caller): void {
    for (const caller of this.#all) if (caller !== knowing) caller.send({ lost: true });
  }

  /** Reports what was committed to everybody who wants to hear of it, but for those who have it in their answers. */
  report(changes: readonly ChangeSet[], answered: ReadonlySet<Caller>): void {
    if (changes.length === 0) return;
    for (const caller of this.#all) {
      if (answered.has(caller)) continue;
      const reported = caller.of(changes);
      if (reported.length > 0) caller.send({ reported });
    }
  }
}
