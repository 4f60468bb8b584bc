import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { type BindOptions, bindSocket } from "../../../src/runtime/sockets/bind-socket.ts";
import type { BindTarget, BoundSocket } from "../../../src/runtime/sockets/bound-socket.ts";
import { type Libc, loadLibc } from "../../../src/runtime/sockets/libc.ts";
import type { SocketSettings } from "../../../src/runtime/sockets/options.ts";

/** The defaults of a listener. */
export const defaults: SocketSettings = {
  socketReuseAddress: true,
  socketReusePort: true,
  socketBacklog: 1024,
  socketTtl: null,
  socketSendBufferSize: null,
  socketReceiveBufferSize: null,
  socketTosV4: null,
  socketNoDelay: true,
};

export const exclusive: SocketSettings = { ...defaults, socketReusePort: false };

export function targetOf(host: string, port = 0, ipv6Only = false): BindTarget {
  const family = host.includes(":") ? 6 : 4;
  return { host, family, port, text: family === 6 ? `[${host}]:${port}` : `${host}:${port}`, ipv6Only };
}

/** Binds for the length of a test. */
export async function bound(target: BindTarget, settings = defaults, options: BindOptions = {}): Promise<BoundSocket> {
  const socket = await bindSocket(target, settings, options);
  onTestFinished(() => socket.close());
  return socket;
}

export async function realLibc(): Promise<Libc> {
  const { libc, reason } = await loadLibc();
  if (!libc) throw new Error(reason);
  return libc;
}

/** A server that says a word to everyone and closes. */
export function greeter(word = "hello\r\n"): Server {
  return createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(word);
  });
}

/** Connects and reads until the server ends; rejects when it is refused or reset. */
export async function ask(host: string, port: number): Promise<string> {
  const socket = connect({ host, port });
  let text = "";
  socket.setEncoding("utf8");
  for await (const chunk of socket) text += chunk;
  return text;
}

export async function connected(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port });
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, "connect");
  return socket;
}

export function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/** Lets the event loop turn until something is so; the test's own time-out ends what never comes true. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
