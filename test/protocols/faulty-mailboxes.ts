/** Mailboxes in memory of which single members throw, reject or answer what they may not, as tests say. */
import type { Mailboxes } from "../../src/index.ts";

/** What stands in the place of a member, such as `account.close` or `content.read`. */
export type Faults = Readonly<Record<string, unknown>>;

/** What a member answers with, by the name that its own members have in `Faults`. */
const answers: Readonly<Record<string, string>> = {
  "mailboxes.open": "account",
  "account.select": "mailbox",
  "account.lockMaildrop": "maildrop",
  "account.scripts": "scripts",
  "mailbox.content": "content",
  "maildrop.content": "content",
};

/** @param faults asked for at each use: they may change meanwhile. */
export function faultyMailboxes(kept: Mailboxes, faults: () => Faults): Mailboxes {
  return faulty(kept, "mailboxes", faults);
}

function faulty<T extends object>(object: T, name: string, faults: () => Faults): T {
  return new Proxy(object, {
    get(target, key) {
      const member = `${name}.${String(key)}`;
      if (Object.hasOwn(faults(), member)) return faults()[member];
      const value: unknown = Reflect.get(target, key);
      const answer = answers[member];
      if (typeof value !== "function") return answer && value ? faulty(value as object, answer, faults) : value;
      if (!answer) return value.bind(target);
      return async (...given: unknown[]) => faulty((await value.apply(target, given)) as object, answer, faults);
    },
  });
}
