import type { BindAddress } from "../addresses/bind-address.ts";
import type { Configuration } from "../document/effective.ts";
import type { AddressPlan } from "./address-plan.ts";
import { ipv6OnlyIn } from "./ipv6-only.ts";

/**
 * A socket that cannot be bound while one that is to be closed is open, because the two do not both have
 * `socketReusePort`. Closing the old one first would refuse clients.
 */
export interface AddressConflict {
  /** The listener and the address to be bound. */
  readonly listener: string;
  readonly address: BindAddress;
  /** What is in the way: an address of the document before, and its listener. */
  readonly heldBy: { readonly listener: string; readonly address: BindAddress };
}

interface PlannedSocket {
  readonly listener: string;
  readonly address: BindAddress;
  readonly ipv6Only: boolean;
  readonly shared: boolean;
}

type Choice = (plan: AddressPlan) => readonly BindAddress[];

const opened: Choice = ({ added, replaced, takeOver }) => [...added, ...replaced, ...replacedOf(takeOver)];
const closed: Choice = ({ removed, replaced, handOver }) => [...removed, ...replaced, ...replacedOf(handOver)];

/** Every new socket that has an old one in its way. */
export function findConflicts(
  before: Configuration,
  after: Configuration,
  plans: ReadonlyMap<string, AddressPlan>,
): AddressConflict[] {
  const old = new SocketIndex(socketsOf(before, plans, closed));
  return socketsOf(after, plans, opened).flatMap((socket) => {
    const obstacle = old.near(socket).find((other) => overlap(socket, other) && !(socket.shared && other.shared));
    if (!obstacle) return [];
    const { listener, address } = socket;
    return [{ listener, address, heldBy: { listener: obstacle.listener, address: obstacle.address } }];
  });
}

/** Sockets by their ports, so that not each is compared with each. */
class SocketIndex {
  readonly #ports: ReadonlyMap<number, readonly PlannedSocket[]>;
  /** Of those on one port: by host, and those that take more than one. */
  readonly #hosts: ReadonlyMap<string, readonly PlannedSocket[]>;
  readonly #wildcards: ReadonlyMap<number, readonly PlannedSocket[]>;

  constructor(sockets: readonly PlannedSocket[]) {
    this.#ports = Map.groupBy(sockets, ({ address }) => address.port);
    this.#hosts = Map.groupBy(sockets, ({ address }) => address.text);
    this.#wildcards = Map.groupBy(sockets.filter(isWildcard), ({ address }) => address.port);
  }

  /** Those that may overlap with it. */
  near(socket: PlannedSocket): readonly PlannedSocket[] {
    const { port, text } = socket.address;
    if (isWildcard(socket)) return this.#ports.get(port) ?? [];
    return [...(this.#hosts.get(text) ?? []), ...(this.#wildcards.get(port) ?? [])];
  }
}

function isWildcard({ address: { host } }: PlannedSocket): boolean {
  return host === "::" || host === "0.0.0.0";
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

/** Whether the kernel would see one local address in both (EADDRINUSE, bind(2)). */
function overlap(one: PlannedSocket, other: PlannedSocket): boolean {
  if (one.address.port !== other.address.port || one.address.port === 0) return false;
  const same = one.address.host === other.address.host;
  return same || takesAll(one, other.address.family) || takesAll(other, one.address.family);
}

function takesAll({ address: { host }, ipv6Only }: PlannedSocket, family: 4 | 6): boolean {
  return family === 6 ? host === "::" : host === "0.0.0.0" || (host === "::" && !ipv6Only);
}
