import type { MessageSummary, TextQuery } from "../mailbox.ts";
import type { ClientView } from "./client-view.ts";
import { dayOf } from "./grammar/dates.ts";
import { RECENT } from "./grammar/flags.ts";
import type { SearchKey } from "./grammar/search-key.ts";
import { includes, resolve, type SequenceRange } from "./grammar/sequence-set.ts";

/** A message that is looked at, and where it is in the view. */
export interface Place {
  readonly index: number;
  readonly message: MessageSummary;
}

/** Asks what the view knows. */
type Test = (place: Place) => boolean;

/** A key that the view can answer, and how many tests that takes. */
export interface TestCriterion {
  readonly type: "test";
  readonly test: Test;
  readonly tests: number;
}

export interface TextCriterion {
  readonly type: "text";
  readonly query: TextQuery;
  readonly tests: number;
}

export interface SentCriterion {
  readonly type: "sent";
  readonly fits: (day: number) => boolean;
  readonly tests: number;
}

/**
 * A key, prepared: sets are resolved once, equal keys are one, what the view can answer is asked in one go, and what costs
 * little is asked first.
 */
export type Criterion =
  | TestCriterion
  | TextCriterion
  | SentCriterion
  | { readonly type: "and"; readonly criteria: readonly Criterion[]; readonly tests: number }
  | { readonly type: "or"; readonly left: Criterion; readonly right: Criterion; readonly tests: number }
  | { readonly type: "not"; readonly criterion: Criterion; readonly tests: number };

export function prepare(view: ClientView, key: SearchKey): Criterion {
  return new Preparation(view).of(key);
}

class Preparation {
  readonly #view: ClientView;
  readonly #keywords = new KeywordsOf();
  /** By what is asked; of keys that hold others, by the numbers of those. */
  readonly #known = new Map<string, Criterion>();
  readonly #numbers = new Map<Criterion, number>();

  constructor(view: ClientView) {
    this.#view = view;
  }

  of(key: SearchKey): Criterion {
    switch (key.key) {
      case "AND": {
        const criteria = [...new Set(key.keys.map((each) => this.of(each)))];
        return this.#once(`AND ${criteria.map((each) => this.#numberOf(each)).join(" ")}`, () => both(criteria));
      }
      case "OR": {
        const [left, right] = [this.of(key.left), this.of(key.right)];
        if (left === right) return left;
        return this.#once(`OR ${this.#numberOf(left)} ${this.#numberOf(right)}`, () => either(left, right));
      }
      case "NOT": {
        const criterion = this.of(key.of);
        return this.#once(`NOT ${this.#numberOf(criterion)}`, () => neither(criterion));
      }
      default:
        return this.#once(JSON.stringify(key, infiniteAsText), () => this.#leaf(key));
    }
  }

  #once(name: string, make: () => Criterion): Criterion {
    let criterion = this.#known.get(name);
    if (!criterion) {
      criterion = make();
      this.#known.set(name, criterion);
    }
    return criterion;
  }

  #numberOf(criterion: Criterion): number {
    const number = this.#numbers.get(criterion) ?? this.#numbers.size;
    this.#numbers.set(criterion, number);
    return number;
  }

  #leaf(key: Exclude<SearchKey, { key: "AND" | "OR" | "NOT" }>): Criterion {
    switch (key.key) {
      case "ALL":
        return oneTest(() => true);
      case "SET":
        return oneTest(inSet(this.#view, key));
      case "FLAG":
        return oneTest(this.#hasFlag(key));
      case "SIZE":
        return oneTest(sized(key));
      case "DATE": {
        const fits = onDay(key);
        if (key.of === "sent") return { type: "sent", fits, tests: 1 };
        return oneTest(({ message }) => fits(dayOf(message.internalDate)));
      }
      case "ADDRESS":
        return { type: "text", query: { in: "address", field: key.field, text: key.text }, tests: 1 };
      case "HEADER":
        return { type: "text", query: { in: "header", field: key.field, text: key.text }, tests: 1 };
      case "CONTENT":
        return { type: "text", query: { in: key.of === "body" ? "body" : "text", text: key.text }, tests: 1 };
    }
  }

  #hasFlag({ flag, present }: Extract<SearchKey, { key: "FLAG" }>): Test {
    if (flag === RECENT) return ({ message }) => this.#view.isRecent(message.uid) === present;
    if (flag.startsWith("\\")) return ({ message }) => message.flags.includes(flag) === present;
    const keyword = flag.toLowerCase();
    return ({ message }) => this.#keywords.of(message).has(keyword) === present;
  }
}

/** Flags of messages in lower case. Few sets of flags are in use at a time, and messages share them. */
class KeywordsOf {
  static readonly #most = 1000;
  readonly #sets = new Map<readonly string[], ReadonlySet<string>>();

  of({ flags }: MessageSummary): ReadonlySet<string> {
    let set = this.#sets.get(flags);
    if (!set) {
      if (this.#sets.size >= KeywordsOf.#most) this.#sets.clear();
      set = new Set(flags.map((flag) => flag.toLowerCase()));
      this.#sets.set(flags, set);
    }
    return set;
  }
}

/** JSON has no number for `*`. */
function infiniteAsText(_: string, value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY ? "*" : value;
}

function oneTest(test: Test): TestCriterion {
  return { type: "test", test, tests: 1 };
}

function both(all: readonly Criterion[]): Criterion {
  const [tests, others] = [all.filter(isTest), all.filter((each) => !isTest(each))];
  const count = sumOf(all);
  const test: TestCriterion = { type: "test", test: (place) => tests.every((each) => each.test(place)), tests: count };
  if (others.length === 0) return test;
  const criteria = [...(tests.length > 0 ? [test] : []), ...others.sort((a, b) => cost(a) - cost(b))];
  return { type: "and", criteria, tests: count };
}

function either(left: Criterion, right: Criterion): Criterion {
  const tests = sumOf([left, right]);
  if (isTest(left) && isTest(right)) {
    return { type: "test", test: (place) => left.test(place) || right.test(place), tests };
  }
  return cost(left) <= cost(right)
    ? { type: "or", left, right, tests }
    : { type: "or", left: right, right: left, tests };
}

function neither(criterion: Criterion): Criterion {
  const { tests } = criterion;
  if (isTest(criterion)) return { type: "test", test: (place) => !criterion.test(place), tests };
  return { type: "not", criterion, tests };
}

function isTest(criterion: Criterion): criterion is TestCriterion {
  return criterion.type === "test";
}

function sumOf(criteria: readonly Criterion[]): number {
  return criteria.reduce((sum, { tests }) => sum + tests, 1);
}

/** Tests first, then what needs the structure, then what needs the message. */
function cost(criterion: Criterion): number {
  switch (criterion.type) {
    case "test":
      return 0;
    case "sent":
      return 1;
    case "text":
      return criterion.query.in === "header" || criterion.query.in === "address" ? 2 : 3;
    case "not":
      return cost(criterion.criterion);
    case "or":
      return Math.max(cost(criterion.left), cost(criterion.right));
    case "and":
      return Math.max(0, ...criterion.criteria.map(cost));
  }
}

function inSet(view: ClientView, { set, uid }: Extract<SearchKey, { key: "SET" }>): Test {
  const last = view.at(view.count - 1)?.uid ?? 0;
  const ranges: readonly SequenceRange[] = resolve(set, uid ? last : view.count);
  return ({ index, message }) => includes(ranges, uid ? message.uid : index + 1);
}

function sized({ relation, octets }: Extract<SearchKey, { key: "SIZE" }>): Test {
  return relation === "larger" ? ({ message }) => message.size > octets : ({ message }) => message.size < octets;
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
