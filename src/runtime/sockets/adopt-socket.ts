import type { FailedCall } from "./bind-error.ts";
import type { BindTarget } from "./bound-socket.ts";
import { Descriptor } from "./descriptor.ts";
import { errnoName } from "./errno.ts";
import type { HandedSocket, InheritedSocket } from "./inherited-sockets.ts";
import type { Libc } from "./libc.ts";
import { ListeningSocket } from "./listening-socket.ts";
import {
  applySocketOptions,
  backlogWarnings,
  readSocketOptions,
  type SocketSettings,
  type SocketWarning,
} from "./options.ts";

interface Adoption {
  readonly target: BindTarget;
  readonly settings: SocketSettings;
  /** Warnings that the socket has from the start. */
  readonly warnings: readonly SocketWarning[];
}

/**
 * Takes an inherited socket for a listener, as a duplicate of its descriptor. It may be listening already, with clients
 * queued. Options are set where the settings give a value; what only bind(2) decides cannot be changed. While another
 * server still accepts from it, nothing of it is changed.
 * @returns the failed call.
 */
export function adoptSocket(
  libc: Libc,
  inherited: InheritedSocket,
  { target, settings, warnings }: Adoption,
): ListeningSocket | FailedCall {
  const fd = inherited.descriptor.use((original) => (inherited.lent ? original : libc.duplicate(original)));
  if (fd < 0) return { syscall: "fcntl", errno: errnoName(fd) };
  if (inherited.handed) return handedSocket(libc, fd, { inherited, handed: inherited.handed, target, warnings });
  const family = { family: inherited.address.family, ipv6Only: inherited.ipv6Only };
  // Who lends it sets its options, and warns of what cannot be had.
  const unmet = inherited.lent
    ? []
    : [
        ...familyWarnings(inherited, target),
        ...applySocketOptions(libc, fd, { ...family, settings }),
        ...reusePortWarnings(libc, fd, settings),
        ...backlogWarnings(settings),
      ];
  return new ListeningSocket({
    libc,
    target: { ...target, ...family },
    settings,
    descriptor: new Descriptor(inherited.lent ? withoutClose(libc) : libc, fd),
    address: inherited.address,
    inherited: true,
    wakes: inherited.lent ?? null,
    warnings: [...warnings, ...unmet],
  });
}

/** The settings become the listener's by `applySettings()`, once the other server accepts no more. */
function handedSocket(
  libc: Libc,
  fd: number,
  {
    inherited: { address, ipv6Only, file },
    handed: { settings, managed },
    target,
    warnings,
  }: Omit<Adoption, "settings"> & { readonly inherited: InheritedSocket; readonly handed: HandedSocket },
): ListeningSocket {
  const [descriptor, family] = [new Descriptor(libc, fd), { family: address.family, ipv6Only }];
  return new ListeningSocket({
    ...{ libc, settings, descriptor, address, warnings, file: file ?? null, inherited: managed },
    target: { ...target, ...family },
  });
}

/** Somebody else closes what is lent. */
function withoutClose(libc: Libc): Libc {
  return { ...libc, close: () => 0 };
}

/** IPV6_V6ONLY cannot be changed on a socket that is bound (ipv6(7)). */
function familyWarnings(inherited: InheritedSocket, target: BindTarget): SocketWarning[] {
  if (inherited.ipv6Only === target.ipv6Only || target.family === 4) return [];
  const text = inherited.ipv6Only
    ? `The socket that this process was started with for ${target.text} takes IPv6 only. Set BindIPv6Only=both in the socket unit, or listen on 0.0.0.0:${target.port}, too.`
    : `The socket that this process was started with for ${target.text} takes IPv4, too. Set BindIPv6Only=ipv6-only in the socket unit.`;
  return target.host === "::" ? [{ field: "bind", text }] : [];
}

function reusePortWarnings(libc: Libc, fd: number, settings: SocketSettings): SocketWarning[] {
  if (settings.socketReusePort || readSocketOptions(libc, fd)["socketReusePort"] !== true) return [];
  const text =
    "The socket that this process was started with is shared (SO_REUSEPORT): set ReusePort=no in the socket unit.";
  return [{ field: "socketReusePort", text }];
}
