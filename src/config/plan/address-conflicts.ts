import type { BindAddress } from "../addresses/bind-address.ts";
import { ipv6OnlyIn } from "../addresses/ipv6-only.ts";
import { excludes, isWildcard, type PortUser } from "../addresses/shared-port.ts";
import type { Configuration } from "../document/effective.ts";
import type { AddressPlan } from "./address-plan.ts";

/**
 * A socket that cannot be bound while an old one is still open, because the two do not both have `socketReusePort`.
 * Closing the old one first would refuse clients.
 */
export interface AddressConflict {
  /** The listener and the address to be bound. */
  readonly listener: string;
  readonly address: BindAddress;
  /** The conflicting address of the previous document, and its listener. */
  readonly heldBy: { readonly listener: string; readonly address: BindAddress };
}

interface PlannedSocket extends PortUser {
  readonly listener: string;
}

type Choice = (plan: AddressPlan) => readonly BindAddress[];

const opened: Choice = ({ added, replaced, takeOver }) => [...added, ...replaced, ...replacedOf(takeOver)];
const closed: Choice = ({ removed, replaced, handOver }) => [...removed, ...replaced, ...replacedOf(handOver)];

/** Every new socket that conflicts with an old one. */
export function findConflicts(
  before: Configuration,
  after: Configuration,
  plans: ReadonlyMap<string, AddressPlan>,
): AddressConflict[] {
  const old = new SocketIndex(socketsOf(before, plans, closed));
  return socketsOf(after, plans, opened).flatMap((socket) => {
    const obstacle = old.near(socket).find((other) => excludes(socket, other));
    if (!obstacle) return [];
    const { listener, address } = socket;
    return [{ listener, address, heldBy: { listener: obstacle.listener, address: obstacle.address } }];
  });
}

/** Sockets by their ports, so that not each is compared with each. */
class SocketIndex {
  readonly #ports: ReadonlyMap<number, readonly PlannedSocket[]>;
  /** Of those on one port: by host, and the wildcards. */
  readonly #hosts: ReadonlyMap<string, readonly PlannedSocket[]>;
  readonly #wildcards: ReadonlyMap<number, readonly PlannedSocket[]>;

  constructor(sockets: readonly PlannedSocket[]) {
    this.#ports = Map.groupBy(sockets, ({ address }) => address.port);
    this.#hosts = Map.groupBy(sockets, ({ address }) => address.text);
    this.#wildcards = Map.groupBy(
      sockets.filter(({ address }) => isWildcard(address)),
      ({ address }) => address.port,
    );
  }

  /** Those that may overlap with it. */
  near(socket: PlannedSocket): readonly PlannedSocket[] {
    const { port, text } = socket.address;
    if (isWildcard(socket.address)) return this.#ports.get(port) ?? [];
    return [...(this.#hosts.get(text) ?? []), ...(this.#wildcards.get(port) ?? [])];
  }
}

function socketsOf(
  configuration: Configuration,
  plans: ReadonlyMap<string, AddressPlan>,
  choose: Choice,
): PlannedSocket[] {
  const isIpv6Only = ipv6OnlyIn(configuration);
  return configuration.listeners.flatMap(({ name, socketReusePort }) => {
    const plan = plans.get(name);
    const addresses = plan ? choose(plan) : [];
    return addresses.map((address) => ({
      listener: name,
      address,
      ipv6Only: isIpv6Only(address),
      shared: socketReusePort,
    }));
  });
}

function replacedOf(moves: readonly { readonly address: BindAddress; readonly replaced: boolean }[]): BindAddress[] {
  return moves.filter(({ replaced }) => replaced).map(({ address }) => address);
}
