import type { MessageSummary, TextQuery } from "../mailbox.ts";
import { dayOf, sentDay } from "./grammar/dates.ts";
import { RECENT } from "./grammar/flags.ts";
import type { SearchKey } from "./grammar/search-key.ts";
import { includes, resolve, type SequenceRange } from "./grammar/sequence-set.ts";
import type { MailboxView } from "./mailbox-view.ts";
import { chunksOf } from "./message-numbers.ts";

/** A key whose answer the view has. */
type Test = (message: MessageSummary, index: number) => boolean;

/** A key, prepared: sets are resolved once, and what costs little is asked first. */
type Criterion =
  | { readonly type: "test"; readonly test: Test }
  | { readonly type: "text"; readonly query: TextQuery }
  | { readonly type: "sent"; readonly fits: (day: number) => boolean }
  | { readonly type: "and"; readonly criteria: readonly Criterion[] }
  | { readonly type: "or"; readonly left: Criterion; readonly right: Criterion }
  | { readonly type: "not"; readonly criterion: Criterion };

/** The mailbox is asked about so many messages at once: the search can end in between, and others have their turn. */
const ASKED_AT_ONCE = 100;

/** One search over a view. Whatever the key, each message is asked about each of its parts once at most. */
export class SearchEvaluation {
  readonly #view: MailboxView;
  readonly #criterion: Criterion;
  readonly #goOn: () => void;

  /** @param goOn called before the mailbox is asked; throws when nobody waits for the answer any more. */
  constructor(view: MailboxView, key: SearchKey, goOn: () => void) {
    this.#view = view;
    this.#criterion = prepare(view, key);
    this.#goOn = goOn;
  }

  /** Which of these messages fit; places in the view, ascending. Messages that are gone never do. */
  of(indexes: readonly number[]): Promise<readonly number[]> {
    return this.#filter(
      this.#criterion,
      indexes.filter((index) => !this.#view.isGone(index)),
    );
  }

  async #filter(criterion: Criterion, indexes: readonly number[]): Promise<readonly number[]> {
    if (indexes.length === 0) return indexes;
    switch (criterion.type) {
      case "test":
        return indexes.filter((index) => {
          const message = this.#view.at(index);
          return message !== undefined && criterion.test(message, index);
        });
      case "text":
        return this.#matching(criterion.query, indexes);
      case "sent":
        return this.#sent(criterion.fits, indexes);
      case "and":
        return this.#all(criterion.criteria, indexes);
      case "or":
        return this.#either(criterion, indexes);
      case "not": {
        const excluded = new Set(await this.#filter(criterion.criterion, indexes));
        return indexes.filter((index) => !excluded.has(index));
      }
    }
  }

  async #all(criteria: readonly Criterion[], indexes: readonly number[]): Promise<readonly number[]> {
    let left = indexes;
    for (const criterion of criteria) left = await this.#filter(criterion, left);
    return left;
  }

  async #either(
    { left, right }: { readonly left: Criterion; readonly right: Criterion },
    indexes: readonly number[],
  ): Promise<readonly number[]> {
    const found = new Set(await this.#filter(left, indexes));
    const rest = indexes.filter((index) => !found.has(index));
    for (const index of await this.#filter(right, rest)) found.add(index);
    return indexes.filter((index) => found.has(index));
  }

  async #matching(query: TextQuery, indexes: readonly number[]): Promise<readonly number[]> {
    const found = new Set<number>();
    for (const some of chunksOf(indexes, ASKED_AT_ONCE)) {
      this.#goOn();
      for (const uid of await this.#view.mailbox.matching(query, this.#uids(some))) found.add(uid);
    }
    return indexes.filter((index) => found.has(this.#view.at(index)?.uid ?? 0));
  }

  /** A message without a usable Date field was sent when it arrived. */
  async #sent(fits: (day: number) => boolean, indexes: readonly number[]): Promise<readonly number[]> {
    const found: number[] = [];
    for (const some of chunksOf(indexes, ASKED_AT_ONCE)) {
      this.#goOn();
      const structures = await this.#view.mailbox.describe(this.#uids(some));
      for (const index of some) {
        const message = this.#view.at(index);
        if (!message) continue;
        const date = structures.get(message.uid)?.envelope.date ?? null;
        if (fits((date === null ? null : sentDay(date)) ?? dayOf(message.internalDate))) found.push(index);
      }
    }
    return found;
  }

  #uids(indexes: readonly number[]): number[] {
    return indexes.flatMap((index) => this.#view.at(index)?.uid ?? []);
  }
}

function prepare(view: MailboxView, key: SearchKey): Criterion {
  switch (key.key) {
    case "ALL":
      return { type: "test", test: () => true };
    case "AND": {
      const criteria = key.keys.map((each) => prepare(view, each));
      return { type: "and", criteria: criteria.sort((a, b) => cost(a) - cost(b)) };
    }
    case "OR": {
      const [left, right] = [prepare(view, key.left), prepare(view, key.right)];
      return cost(left) <= cost(right) ? { type: "or", left, right } : { type: "or", left: right, right: left };
    }
    case "NOT":
      return { type: "not", criterion: prepare(view, key.of) };
    case "SET":
      return { type: "test", test: inSet(view, key) };
    case "FLAG":
      return { type: "test", test: hasFlag(view, key) };
    case "SIZE":
      return { type: "test", test: sized(key) };
    case "DATE": {
      const fits = onDay(key);
      if (key.of === "sent") return { type: "sent", fits };
      return { type: "test", test: ({ internalDate }) => fits(dayOf(internalDate)) };
    }
    case "HEADER":
      return { type: "text", query: { in: "header", field: key.field, text: key.text } };
    case "CONTENT":
      return { type: "text", query: { in: key.of === "body" ? "body" : "text", text: key.text } };
  }
}

/** Tests first, then what needs the structure, then what needs the message. */
function cost(criterion: Criterion): number {
  switch (criterion.type) {
    case "test":
      return 0;
    case "sent":
      return 1;
    case "text":
      return criterion.query.in === "header" ? 2 : 3;
    case "not":
      return cost(criterion.criterion);
    case "or":
      return Math.max(cost(criterion.left), cost(criterion.right));
    case "and":
      return Math.max(0, ...criterion.criteria.map(cost));
  }
}

function inSet(view: MailboxView, { set, uid }: Extract<SearchKey, { key: "SET" }>): Test {
  const last = view.at(view.count - 1)?.uid ?? 0;
  const ranges: readonly SequenceRange[] = resolve(set, uid ? last : view.count);
  return (message, index) => includes(ranges, uid ? message.uid : index + 1);
}

function hasFlag(view: MailboxView, { flag, present }: Extract<SearchKey, { key: "FLAG" }>): Test {
  if (flag === RECENT) return ({ uid }) => view.isRecent(uid) === present;
  if (flag.startsWith("\\")) return ({ flags }) => flags.includes(flag) === present;
  const keyword = flag.toLowerCase();
  return ({ flags }) => flags.some((each) => each.toLowerCase() === keyword) === present;
}

function sized({ relation, octets }: Extract<SearchKey, { key: "SIZE" }>): Test {
  return relation === "larger" ? ({ size }) => size > octets : ({ size }) => size < octets;
}

function onDay({ relation, day }: Extract<SearchKey, { key: "DATE" }>): (day: number) => boolean {
  switch (relation) {
    case "before":
      return (of) => of < day;
    case "on":
      return (of) => of === day;
    case "since":
      return (of) => of >= day;
  }
}
