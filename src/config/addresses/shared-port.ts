import type { BindAddress } from "./bind-address.ts";

/** A socket as far as it decides who else can listen on its port. */
export interface PortUser {
  readonly address: BindAddress;
  readonly ipv6Only: boolean;
  /** SO_REUSEPORT. */
  readonly shared: boolean;
}

/**
 * Whether the kernel refuses to let both listen (EADDRINUSE, socket(7)): they see one local address in common, and do
 * not both have SO_REUSEPORT. SO_REUSEADDR lets both bind, and the second listen(2) fails all the same.
 */
export function excludes(one: PortUser, other: PortUser): boolean {
  return overlap(one, other) && !(one.shared && other.shared);
}

function overlap(one: PortUser, other: PortUser): boolean {
  if (one.address.port !== other.address.port || one.address.port === 0) return false;
  const same = one.address.host === other.address.host;
  return same || takesAll(one, other.address.family) || takesAll(other, one.address.family);
}

/** Whether it takes every address of a family that is not taken by a socket of its own. */
function takesAll({ address: { host }, ipv6Only }: PortUser, family: 4 | 6): boolean {
  return family === 6 ? host === "::" : host === "0.0.0.0" || (host === "::" && !ipv6Only);
}

/** `[::]`, `0.0.0.0`: only beside one of these can another address of the same port be in the way. */
export function isWildcard({ host }: BindAddress): boolean {
  return host === "::" || host === "0.0.0.0";
}
