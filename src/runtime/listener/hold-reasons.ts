/** What makes a listener with `atCapacity: "hold"` hold: a full cap, and pressure. */
import { distinctUntilChanged, map, type Observable, Subscription } from "rxjs";
import type { ListenerSettings } from "../../config/index.ts";
import type { ListenerEvent } from "../../machines/listener.ts";
import type { SlotCounter } from "../admission/slots.ts";
import type { Pressure } from "../pressure/pressure.ts";

export interface HoldReasons {
  readonly settings: ListenerSettings;
  /** The counters whose slots a connection takes. */
  readonly counters: readonly SlotCounter[];
  readonly pressure$: Observable<Pressure>;
}

/**
 * Reports each reason to the machine, its present state and every change. A listener that does not hold has none.
 * The sockets stop accepting within the call that takes the last slot, so that nobody is accepted beyond it.
 */
export function followHoldReasons(reasons: HoldReasons, send: (event: ListenerEvent) => void): Subscription {
  const { settings, counters, pressure$ } = reasons;
  const following = new Subscription();
  const holds = settings.atCapacity === "hold";
  const isFull = (): boolean => counters.some((counter) => counter.full);
  send({ type: holds && isFull() ? "capacity.reached" : "capacity.freed" });
  if (!holds || settings.ignoreServerCap) send({ type: "pressure.ended" });
  if (!holds) return following;

  const observer = {
    full: () => send({ type: "capacity.reached" }),
    free: () => {
      if (!isFull()) send({ type: "capacity.freed" });
    },
  };
  for (const counter of counters) following.add(counter.observe(observer));
  if (settings.ignoreServerCap) return following;
  const underPressure$ = pressure$.pipe(
    map(({ exhausted }) => exhausted.length > 0),
    distinctUntilChanged(),
  );
  following.add(underPressure$.subscribe((begins) => send({ type: begins ? "pressure.began" : "pressure.ended" })));
  return following;
}
