/** The dialogue of the bare servers: a greeting, and a goodbye to whatever comes. */
import type { Socket } from "node:net";

/** @param closesAtOnce closes when the goodbye has left, without waiting for the client's FIN */
export function bareDialogue(socket: Socket, { closesAtOnce }: { readonly closesAtOnce: boolean }): void {
  socket.write("220 localhost ESMTP ready\r\n");
  socket.on("data", () => {
    socket.end("221 2.0.0 Bye\r\n");
    if (closesAtOnce && socket.writableLength === 0) socket.destroy();
  });
}
