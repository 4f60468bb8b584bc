import type { Clock } from "../time/clock.ts";
import { LocalAddressCounts } from "./address-counts.ts";
import { LocalConnectionRates } from "./connection-rates.ts";
import type { Counting } from "./listener-admission.ts";
import { LocalSlots } from "./slots.ts";

/** Numbers of connections in a process with one event loop. */
export function localCounting(clock: Clock): Counting {
  return {
    slots: ({ maxConnections }) => new LocalSlots(maxConnections),
    handshakes: ({ maxHandshakes }) => new LocalSlots(maxHandshakes ?? Number.POSITIVE_INFINITY),
    addresses: () => new LocalAddressCounts(),
    elsewhere: () => null,
    rates: (_, rate) => new LocalConnectionRates(rate, clock),
  };
}
