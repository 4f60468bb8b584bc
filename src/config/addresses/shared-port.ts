import type { BindAddress } from "./bind-address.ts";

/** The properties of a socket that decide who else can listen on its port. */
export interface PortUser {
  readonly address: BindAddress;
  readonly ipv6Only: boolean;
  /** SO_REUSEPORT. */
  readonly shared: boolean;
}

/**
 * Whether the kernel refuses to let both listen (EADDRINUSE, socket(7)): they have a local address in common, and do
 * not both have SO_REUSEPORT. SO_REUSEADDR lets both bind, but the second listen(2) fails all the same.
 */
export function excludes(one: PortUser, other: PortUser): boolean {
  return overlap(one, other) && !(one.shared && other.shared);
}

function overlap(one: PortUser, other: PortUser): boolean {
  if (one.address.port !== other.address.port || one.address.port === 0) return false;
  const same = one.address.host === other.address.host;
  return same || takesAll(one, other.address.family) || takesAll(other, one.address.family);
}

/** Whether it takes every address of a family except those with their own socket. */
function takesAll({ address: { host }, ipv6Only }: PortUser, family: BindAddress["family"]): boolean {
  if (family === "unix" || family === "fd") return false;
  return family === 6 ? host === "::" : host === "0.0.0.0" || (host === "::" && !ipv6Only);
}

/** `[::]`, `0.0.0.0`: another address of the same port can only conflict with one of these. */
export function isWildcard({ host }: BindAddress): boolean {
  return host === "::" || host === "0.0.0.0";
}
