import { connect, type Socket } from "node:net";

/** A client that has heard the first line. */
export interface Client {
  readonly socket: Socket;
  /** The first line: `hello 3`, `busy server-cap`; empty when the connection ended before it. */
  readonly said: string;
  /** Resolves when the connection is over: whether it was reset. */
  readonly over: Promise<boolean>;
}

/** @param to a port of loopback, or the path of a Unix socket */
export function come(to: number | string): Promise<Client> {
  const socket = typeof to === "string" ? connect(to) : connect(to, "127.0.0.1");
  const over = new Promise<boolean>((resolve) => {
    let reset = false;
    socket.on("error", () => {
      reset = true;
    });
    socket.on("close", () => resolve(reset));
  });
  return new Promise((resolve) => {
    socket.once("data", (data) => resolve({ socket, said: data.toString("latin1").trim(), over }));
    void over.then(() => resolve({ socket, said: "", over }));
  });
}

export async function bye({ socket, over }: Client): Promise<void> {
  socket.end("bye\r\n");
  await over;
}

/** Carries out so many visits, so many at a time. */
export async function inParallel(total: number, width: number, visit: () => Promise<void>): Promise<void> {
  let begun = 0;
  const go = async (): Promise<void> => {
    while (begun < total) {
      begun += 1;
      await visit();
    }
  };
  await Promise.all(Array.from({ length: width }, go));
}
