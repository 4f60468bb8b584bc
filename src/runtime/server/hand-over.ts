/** What a server does with its listeners when a successor takes over their sockets. */
import type { InheritableSocket } from "../sockets/bound-socket.ts";
import type { InheritedSocket } from "../sockets/inherited-sockets.ts";
import { Breather } from "../time/breather.ts";
import type { SocketToHandOver } from "../upgrade/upgrader.ts";
import type { Server } from "./server.ts";

type HandingServer = Pick<Server, "served" | "inherited">;

interface UsedSocket {
  readonly socket: InheritableSocket;
  readonly listener: string;
  readonly text: string;
}

/** Every listening socket of this process: those of its listeners, and what the service manager gave it besides. */
export function socketsToHandOver({ served, inherited }: HandingServer): SocketToHandOver[] {
  const used: UsedSocket[] = served.flatMap((listener) =>
    [...listener.inheritable].flatMap(([text, socket]) => (socket ? { socket, listener: listener.name, text } : [])),
  );
  const isManaged = ({ socket }: UsedSocket) => managerOf(socket, inherited.sockets) !== undefined;
  const own = used.filter((one) => !isManaged(one));
  return [
    ...inherited.sockets.map((managed) => {
      const user = used.find(({ socket }) => managerOf(socket, [managed]));
      return {
        ...{ name: managed.name, managed: true, descriptor: managed.descriptor },
        used: user ? usedAs(user) : null,
        leave: () => {},
      };
    }),
    ...own.map((one) => ({
      ...{ name: null, managed: false, descriptor: one.socket.descriptor },
      used: usedAs(one),
      leave: () => one.socket.leaveToSuccessor(),
    })),
  ];
}

/** Why a listener's socket cannot be inherited; null where all can. */
export function uninheritable({ served }: HandingServer): string | null {
  for (const { name, inheritable } of served)
    for (const [text, socket] of inheritable)
      if (!socket) return `the socket of ${text} (listener "${name}") is Node's own`;
  return null;
}

export async function stopAcceptingEverywhere({ served }: HandingServer): Promise<void> {
  await new Breather().settle(served, (listener) => listener.handOver());
}

export async function acceptEverywhere({ served }: HandingServer): Promise<void> {
  await new Breather().settle(served, (listener) => listener.takeBack());
}

export async function retireUntaken({ served }: HandingServer): Promise<void> {
  await Promise.allSettled(served.map((listener) => listener.retireUntaken()));
}

function usedAs({ socket: { settings, file }, listener, text }: UsedSocket) {
  return { listener, text, settings, file: file?.identity ?? null };
}

/** The service manager's descriptor of a socket. */
function managerOf(socket: InheritableSocket, managed: readonly InheritedSocket[]): InheritedSocket | undefined {
  return managed.find(({ descriptor }) => descriptor.sharesSocketWith(socket.descriptor));
}
