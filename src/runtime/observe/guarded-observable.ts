/** Observables of embedders: what their subscribers throw is reported, and ends nobody. */
import { Observable, type Observer, type Operator, Subscriber, type Subscription } from "rxjs";

/** Gets what a subscriber threw, or its promise rejected with. */
export type Failed = (subscriber: object, error: unknown) => void;

type Given<Value> = Partial<Observer<Value>> | ((value: Value) => unknown) | null | undefined;

/**
 * RxJS throws errors of subscribers again, from a timer, where nobody catches them: the process would end. Here, and behind
 * every operator of `pipe()`, they go to `failed`.
 */
export class GuardedObservable<Value> extends Observable<Value> {
  readonly #failed: Failed;

  constructor(source: Observable<Value> | undefined, failed: Failed) {
    super();
    this.source = source;
    this.#failed = failed;
  }

  /** What operators make of it is guarded as well. */
  override lift<Result>(operator?: Operator<Value, Result>): Observable<Result> {
    const lifted = new GuardedObservable<Result>(this as Observable<unknown> as Observable<Result>, this.#failed);
    lifted.operator = operator as Operator<unknown, Result> | undefined;
    return lifted;
  }

  override subscribe(...given: readonly unknown[]): Subscription {
    const [first, error, complete] = given;
    // An operator's own: whoever subscribes to its result is guarded.
    if (first instanceof Subscriber) return super.subscribe(first);
    const observer = observerOf<Value>(first as Given<Value>, { error, complete });
    return super.subscribe(guarded(observer, { by: (first ?? observer) as object, failed: this.#failed }));
  }
}

function observerOf<Value>(given: Given<Value>, rest: object): Partial<Observer<Value>> {
  return typeof given === "object" && given !== null ? given : ({ ...rest, next: given } as Partial<Observer<Value>>);
}

function guarded<Value>(
  observer: Partial<Observer<Value>>,
  { by, failed }: { readonly by: object; readonly failed: Failed },
): Observer<Value> {
  const attempt = (call: () => unknown): void => {
    try {
      const done = call();
      if (done instanceof Promise) done.catch((error: unknown) => failed(by, error));
    } catch (error) {
      failed(by, error);
    }
  };
  return {
    next: (value) => attempt(() => observer.next?.(value)),
    error: (error) => (observer.error ? attempt(() => observer.error?.(error)) : failed(by, error)),
    complete: () => attempt(() => observer.complete?.()),
  };
}
