import { adoptSocket } from "./adopt-socket.ts";
import { BindError, explainBindFailure, type FailedCall } from "./bind-error.ts";
import type { BindTarget, BoundSocket } from "./bound-socket.ts";
import { type InheritedSocket, type InheritedSockets, overlapAdvice } from "./inherited-sockets.ts";
import { type Libc, loadLibc } from "./libc.ts";
import { openListeningSocket } from "./listening-socket.ts";
import type { SocketSettings, SocketWarning } from "./options.ts";
import { bindPlainSocket } from "./plain-net.ts";
import { isUnspecified } from "./sockaddr.ts";
import { removeStaleSocket } from "./socket-file.ts";
import { takeSocket } from "./take-socket.ts";

export interface BindOptions {
  /** The system calls to use; null on a platform that has none. By default those that this process can load. */
  readonly libc?: Libc | null;
  /** Sockets that this process was started with; one with the wanted address is taken instead of binding. */
  readonly inherited?: InheritedSockets;
  /** The name of the listener that the socket is for. */
  readonly listener?: string;
}

/**
 * Binds an address with all of a listener's socket options; nobody can connect before `listen()`.
 *
 * `[::]` on a host without IPv6 becomes `0.0.0.0`, with a warning. Where the C library cannot be called, `node:net` is
 * used, with a warning for each option that it does not support. A socket that this process was started with and that
 * has the address is taken as it is; options that can be set on a live socket are set.
 *
 * @throws BindError
 */
export async function bindSocket(
  target: BindTarget,
  settings: SocketSettings,
  options: BindOptions = {},
): Promise<BoundSocket> {
  const { libc, reason } =
    options.libc === undefined
      ? await loadLibc()
      : { libc: options.libc, reason: "this process makes no system calls of its own" };
  const bind = async (attempt: BindTarget, warnings: SocketWarning[]): Promise<BoundSocket | FailedCall> => {
    if (libc === null) return bindPlainSocket(attempt, { settings, reason, warnings });
    const inherited = options.inherited?.find(attempt, options.listener) ?? takeGiven(libc, attempt, options.inherited);
    if (inherited) {
      options.inherited?.take(inherited);
      return adoptSocket(libc, inherited, { target: attempt, settings, warnings });
    }
    const { family } = attempt;
    if (family === "fd") throw new TypeError(`${attempt.text} is taken, not opened.`);
    if (isSocketFile(attempt)) await removeStaleSocket(attempt.host);
    return openListeningSocket(libc, { ...attempt, family }, { settings, warnings });
  };

  const bound = await bind(target, []);
  if (!isFailure(bound)) return bound;
  if (!lacksIPv6(target, bound)) {
    const inTheWay = bound.errno === "EADDRINUSE" ? options.inherited?.overlapping(target) : undefined;
    if (inTheWay) throw new BindError(target.text, bound, { hint: overlapAdvice(inTheWay, target), owner: null });
    throw await explainBindFailure(target, bound);
  }

  const text = `This host has no IPv6 (${bound.errno}): 0.0.0.0 is bound in place of [::].`;
  const ipv4 = { ...target, host: "0.0.0.0", family: 4, ipv6Only: false } as const;
  const fallback = await bind(ipv4, [{ field: "bind", text }]);
  if (isFailure(fallback)) throw await explainFallbackFailure(target, fallback);
  return fallback;
}

/**
 * The socket of a descriptor that the document names, which is this process's own from here on.
 * @throws BindError
 */
function takeGiven(
  libc: Libc,
  target: BindTarget,
  inherited: InheritedSockets | undefined,
): InheritedSocket | undefined {
  if (!isGiven(target)) return undefined;
  const taken = takeSocket(libc, Number(target.host), null);
  if (typeof taken === "string") {
    const hint = `${taken} Whoever starts it has to hand over a listening socket as this number.`;
    throw new BindError(target.text, { syscall: "fcntl", errno: "EBADF" }, { hint, owner: null });
  }
  inherited?.add(taken);
  return taken;
}

function isGiven({ family }: BindTarget): boolean {
  return family === "fd";
}

/** A name in the abstract namespace has no file. */
function isSocketFile({ family, host }: BindTarget): boolean {
  return family === "unix" && host.startsWith("/");
}

function isFailure(bound: BoundSocket | FailedCall): bound is FailedCall {
  return "errno" in bound;
}

function lacksIPv6(target: BindTarget, { errno }: FailedCall): boolean {
  return target.family === 6 && isUnspecified(target.host) && (errno === "EAFNOSUPPORT" || errno === "EADDRNOTAVAIL");
}

async function explainFallbackFailure(target: BindTarget, failed: FailedCall): Promise<BindError> {
  if (failed.errno !== "EADDRINUSE" || !target.ipv6Only)
    return explainBindFailure({ ...target, host: "0.0.0.0" }, failed);
  const hint = `This host has no IPv6, and 0.0.0.0 with port ${target.port} is configured as well. Remove ${target.text}.`;
  return new BindError(target.text, failed, { hint, owner: null });
}
