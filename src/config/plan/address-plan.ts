import type { BindAddress } from "../addresses/bind-address.ts";
import { ipv6OnlyIn } from "../addresses/ipv6-only.ts";
import type { Configuration } from "../document/effective.ts";
import type { ListenerSettings } from "../document/listener.ts";
import { type FieldChange, type ListenerField, onLiveSocket, socketChanges } from "./field-changes.ts";

/** An address that is taken over from another listener with its socket, so that no client is refused. */
export interface TakeOver {
  readonly address: BindAddress;
  /** The listener that had it. */
  readonly from: string;
  /** The socket itself cannot be used any longer: a new one is bound beside it, and then the old one is closed. */
  readonly replaced: boolean;
  /** Socket options that the socket has from the other listener and that must change. */
  readonly fields: readonly FieldChange<ListenerField>[];
}

/** The other side of a take-over. */
export interface HandOver {
  readonly address: BindAddress;
  /** The listener that gets it. */
  readonly to: string;
  readonly replaced: boolean;
}

/** What happens to a listener's addresses; each is in one of the lists. */
export interface AddressPlan {
  /** Sockets that stay. */
  readonly kept: readonly BindAddress[];
  /** Addresses that stay while their socket cannot: a new one is bound beside it, and then the old one is closed. */
  readonly replaced: readonly BindAddress[];
  /** To be bound. */
  readonly added: readonly BindAddress[];
  /** To be closed. */
  readonly removed: readonly BindAddress[];
  readonly takeOver: readonly TakeOver[];
  readonly handOver: readonly HandOver[];
}

type Lists = { [List in keyof AddressPlan]: AddressPlan[List][number][] };

interface Released {
  readonly listener: ListenerSettings;
  readonly address: BindAddress;
}

/**
 * What happens to every address, by listener. Addresses are the same when their texts are, even with port 0: the
 * port that was found for it is kept.
 */
export function planAddresses(before: Configuration, after: Configuration): ReadonlyMap<string, AddressPlan> {
  const plans = new Map<string, Lists>();
  const planOf = (name: string): Lists => {
    const plan = plans.get(name) ?? { kept: [], replaced: [], added: [], removed: [], takeOver: [], handOver: [] };
    plans.set(name, plan);
    return plan;
  };
  const former = textsByListener(before);
  const released = releasedAddresses(before, textsByListener(after));
  const wasIpv6Only = ipv6OnlyIn(before);
  const isIpv6Only = ipv6OnlyIn(after);

  for (const listener of after.listeners) {
    const { name } = listener;
    const plan = planOf(name);
    for (const address of listener.bind) {
      // The kernel accepts IPV6_V6ONLY only before bind(2).
      const replaced = wasIpv6Only(address) !== isIpv6Only(address);
      if (former.get(name)?.has(address.text)) {
        (replaced ? plan.replaced : plan.kept).push(address);
        continue;
      }
      const giver = released.get(address.text)?.shift()?.listener;
      if (giver) {
        const changes = socketChanges(giver, listener);
        plan.takeOver.push({ address, from: giver.name, replaced, fields: replaced ? [] : onLiveSocket(changes) });
        planOf(giver.name).handOver.push({ address, to: name, replaced });
      } else plan.added.push(address);
    }
  }
  for (const { listener, address } of [...released.values()].flat()) planOf(listener.name).removed.push(address);
  return plans;
}

function textsByListener({ listeners }: Configuration): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(listeners.map(({ name, bind }) => [name, new Set(bind.map(({ text }) => text))]));
}

/** What each listener gives up, by address; only port 0 can be given up by several. */
function releasedAddresses(
  { listeners }: Configuration,
  wanted: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, Released[]> {
  const all = listeners.flatMap((listener) => listener.bind.map((address): Released => ({ listener, address })));
  return Map.groupBy(
    all.filter(({ listener, address }) => !wanted.get(listener.name)?.has(address.text)),
    ({ address }) => address.text,
  );
}
