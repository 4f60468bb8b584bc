/** The pressure of one server: turns samples into exhausted resources, while the server runs. */
import { BehaviorSubject, map, NEVER, type Observable, Subscription, scan } from "rxjs";
import { messageOf } from "../../config/values/thrown.ts";
import type { Lifecycle, LifecycleEvent } from "../observe/lifecycle.ts";
import {
  currentOf,
  initialPressure,
  isExhausted,
  judgeSample,
  noPressure,
  type Pressure,
  type PressureSample,
} from "../pressure/pressure.ts";
import { processSamples } from "../pressure/process-samples.ts";
import { type PressureThresholdOptions, type PressureThresholds, readThresholds } from "../pressure/thresholds.ts";
import type { Clock } from "../time/clock.ts";

export interface PressureOptions {
  /** The samples, subscribed to while the server runs. By default those of this process, twice a second. */
  readonly samples$?: Observable<PressureSample>;
  readonly thresholds?: PressureThresholdOptions;
}

export interface PressureWatchOptions {
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  /** False: nothing is measured, and there is never any pressure. */
  readonly pressure: PressureOptions | false;
}

export class PressureWatch {
  readonly #lifecycle: Lifecycle;
  readonly #samples$: Observable<PressureSample>;
  readonly #thresholds: PressureThresholds;
  readonly #pressure$ = new BehaviorSubject(noPressure);
  /** The latest pressure and each further one; completes with the server. */
  readonly pressure$: Observable<Pressure> = this.#pressure$.asObservable();
  #watching = Subscription.EMPTY;

  /** @throws PressureOptionError */
  constructor({ clock, lifecycle, pressure }: PressureWatchOptions) {
    this.#lifecycle = lifecycle;
    const { samples$ = processSamples(clock), thresholds = {} } = pressure || { samples$: NEVER };
    this.#samples$ = samples$;
    this.#thresholds = readThresholds(thresholds);
  }

  get latest(): Pressure {
    return this.#pressure$.value;
  }

  start(): void {
    this.#watching = this.#samples$
      .pipe(
        scan((state, sample) => judgeSample(state, sample, this.#thresholds), initialPressure),
        map(({ pressure }) => pressure),
      )
      .subscribe({
        next: (pressure) => this.#report(pressure),
        // Without samples the pressure would never end: admit clients.
        error: (error: unknown) => {
          const text = `Pressure is not watched any more: its samples ended with ${messageOf(error)}.`;
          this.#lifecycle.emit({ type: "server.warning", code: "pressure-unknown", text });
          this.#report(noPressure);
        },
        complete: () => this.#report(noPressure),
      });
  }

  /** Stops measuring; the latest pressure stays. */
  stop(): void {
    this.#watching.unsubscribe();
  }

  complete(): void {
    this.stop();
    this.#pressure$.complete();
  }

  #report(pressure: Pressure): void {
    const before = this.latest;
    for (const event of pressureReports(before, pressure)) this.#lifecycle.emit(event);
    this.#pressure$.next(pressure);
  }
}

/** The events for a change from one pressure to the next. */
export function pressureReports(before: Pressure, after: Pressure): LifecycleEvent[] {
  const begun = after.exhausted.filter(({ resource }) => !isExhausted(before, resource));
  const ended = before.exhausted.filter(({ resource }) => !isExhausted(after, resource));
  return [
    ...begun.map((figures): LifecycleEvent => ({ type: "pressure.began", ...figures })),
    ...ended.map(({ resource, limit }): LifecycleEvent => {
      const current = after.sample && currentOf(after.sample, resource);
      return { type: "pressure.ended", resource, limit, current };
    }),
  ];
}
