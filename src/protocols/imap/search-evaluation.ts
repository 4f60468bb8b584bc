import { checkedIterable } from "../checked-mailbox.ts";
import type { ClientView } from "./client-view.ts";
import { dayOf, sentDay } from "./grammar/dates.ts";
import type { SearchKey } from "./grammar/search-key.ts";
import { type Criterion, type Place, prepare, type SentCriterion, type TextCriterion } from "./search-criteria.ts";

/**
 * How many messages the mailbox is asked about at once: in between the search can end, and others get a turn. It is asked
 * about more as long as it answers fast.
 */
const ASKED_AT_ONCE = { first: 100, most: 3200 };
/** Milliseconds. */
const FAST = 5;
const SLOW = 20;

/** One search over a view. Whatever the key, the mailbox is asked about each message and each text once at most. */
export class SearchEvaluation {
  readonly #view: ClientView;
  readonly #criterion: Criterion;
  readonly #goOn: () => void;
  /** What the mailbox has said of the messages that are looked at, by place. */
  readonly #answers = new Map<Criterion, Map<number, boolean>>();
  /** How many messages each text is asked about next. */
  readonly #asked = new Map<Criterion, number>();

  /** @param goOn called before the mailbox is asked; throws when nobody is waiting for the answer any longer. */
  constructor(view: ClientView, key: SearchKey, goOn: () => void) {
    this.#view = view;
    this.#criterion = prepare(view, key);
    this.#goOn = goOn;
  }

  /** What it costs to look at one message, the mailbox's part aside: as many tests. */
  get tests(): number {
    return this.#criterion.tests;
  }

  /** Which of these messages fit; places in the view, ascending. Messages that are gone never do. */
  of(indexes: readonly number[]): Promise<readonly number[]> {
    this.#answers.clear();
    return this.#filter(
      this.#criterion,
      indexes.filter((index) => !this.#view.isGone(index)),
    );
  }

  async #filter(criterion: Criterion, indexes: readonly number[]): Promise<readonly number[]> {
    if (indexes.length === 0) return indexes;
    switch (criterion.type) {
      case "test":
        return this.#places(indexes).flatMap((place) => (criterion.test(place) ? place.index : []));
      case "text":
      case "sent":
        return this.#answered(criterion, indexes);
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

  /** A key may stand at several places of a search, and come to the same messages again. */
  async #answered(criterion: TextCriterion | SentCriterion, indexes: readonly number[]): Promise<readonly number[]> {
    let answers = this.#answers.get(criterion);
    if (!answers) {
      answers = new Map();
      this.#answers.set(criterion, answers);
    }
    const open = indexes.filter((index) => !answers.has(index));
    const places = this.#places(open);
    for (let from = 0, asked = 0; from < places.length; from += asked) {
      this.#goOn();
      asked = this.#asked.get(criterion) ?? ASKED_AT_ONCE.first;
      const some = places.slice(from, from + asked);
      const began = performance.now();
      const found =
        criterion.type === "text" ? await this.#matching(criterion, some) : await this.#sent(criterion, some);
      const took = performance.now() - began;
      if (took < FAST && some.length === asked) this.#asked.set(criterion, Math.min(asked * 2, ASKED_AT_ONCE.most));
      if (took > SLOW) this.#asked.set(criterion, ASKED_AT_ONCE.first);
      for (const { index, message } of some) answers.set(index, found.has(message.uid));
    }
    return indexes.filter((index) => answers.get(index));
  }

  async #matching({ query }: TextCriterion, places: readonly Place[]): Promise<ReadonlySet<number>> {
    return new Set(await this.#view.mailbox.matching(query, uidsOf(places)));
  }

  /** A message without a usable Date field was sent when it arrived. */
  async #sent({ fits }: SentCriterion, places: readonly Place[]): Promise<ReadonlySet<number>> {
    const { mailbox } = this.#view;
    const dates = new Map<number, string | null>();
    for await (const { uid, structure } of checkedIterable("describe", mailbox.describe(uidsOf(places)))) {
      dates.set(uid, structure.envelope.date);
    }
    const found = new Set<number>();
    for (const { message } of places) {
      const date = dates.get(message.uid) ?? null;
      if (fits((date === null ? null : sentDay(date)) ?? dayOf(message.internalDate))) found.add(message.uid);
    }
    return found;
  }

  #places(indexes: readonly number[]): Place[] {
    return indexes.flatMap((index) => {
      const message = this.#view.at(index);
      return message ? { index, message } : [];
    });
  }
}

function uidsOf(places: readonly Place[]): number[] {
  return places.map(({ message }) => message.uid);
}
