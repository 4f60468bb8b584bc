/**
 * Writes of many messages, in steps of one transaction each: the thread that writes carries out one after the other, and what
 * others write goes in between. A process that ends meanwhile leaves the steps that were done.
 */
import type { Copied } from "../../protocols/mailbox.ts";
import { missingMailbox } from "../database/account-rows.ts";
import type { StorePort } from "../store/store-port.ts";

/** Messages of one step: some ten milliseconds, or little more when they are large. */
export const STEP = 500;

/** Mailboxes are named by their UIDVALIDITY. */
interface Copying {
  readonly mailbox: number;
  readonly view: number | null;
  /** Name of a mailbox of the same account. */
  readonly to: string;
}

/** All of them or none: what was copied before a step that fails is removed. */
export async function copyInSteps(store: StorePort, copying: Copying, uids: readonly number[]): Promise<Copied> {
  const steps: Copied[] = [];
  try {
    for (const some of stepsOf(uids)) {
      const copied = await store.write("copy", { ...copying, uids: some, isMove: false });
      steps.push(copied);
      // Another mailbox has the name by now.
      if (copied.uidValidity !== steps[0]?.uidValidity) throw missingMailbox();
    }
  } catch (error) {
    // When that fails, too, there are copies too many, and nothing is lost.
    for (const { uidValidity, to } of steps) await removeInSteps(store, uidValidity, to).catch(() => {});
    throw error;
  }
  return joined(steps);
}

/** @returns what was moved, in all steps. */
export async function moveInSteps(store: StorePort, copying: Copying, uids: readonly number[]): Promise<Copied> {
  const steps: Copied[] = [];
  for (const some of stepsOf(uids)) steps.push(await store.write("copy", { ...copying, uids: some, isMove: true }));
  return joined(steps);
}

/** With `\Deleted` or without. */
export async function removeInSteps(store: StorePort, mailbox: number, uids: readonly number[]): Promise<void> {
  for (const some of stepsOf(uids)) {
    await store.write("expunge", { mailbox, view: null, uids: some, deletedOnly: false });
  }
}

/** UIDs of a mailbox, a step of them after the other, as long as there is a whole one. */
export async function* wholeSteps(store: StorePort, mailbox: number): AsyncGenerator<readonly number[]> {
  let after = 0;
  for (;;) {
    const { uid } = await store.read("summaries", { mailbox, after, limit: STEP });
    if (uid.length < STEP) return;
    yield [...uid];
    after = uid.at(-1) ?? after;
  }
}

function* stepsOf(uids: readonly number[]): Generator<readonly number[]> {
  const sorted = isAscending(uids) ? uids : [...new Set(uids)].sort((a, b) => a - b);
  for (let start = 0; start < Math.max(1, sorted.length); start += STEP) yield sorted.slice(start, start + STEP);
}

function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || (numbers[index - 1] ?? 0) < number);
}

function joined(steps: readonly Copied[]): Copied {
  return {
    uidValidity: steps[0]?.uidValidity ?? 0,
    from: steps.flatMap(({ from }) => from),
    to: steps.flatMap(({ to }) => to),
  };
}
