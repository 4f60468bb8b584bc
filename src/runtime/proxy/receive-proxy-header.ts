import type { Socket } from "node:net";
import type { ProxyHeader } from "./proxy-header.ts";
import type { ProxyHeaderError } from "./proxy-header-error.ts";
import { ProxyHeaderReader } from "./proxy-header-reader.ts";

/** At most one of these is called, once. None is when the socket is destroyed before. */
export interface ProxyHeaderCallbacks {
  /** The socket is paused, without listeners of its bytes; what came behind the header is in its read buffer. */
  accepted(header: ProxyHeader): void;
  rejected(error: ProxyHeaderError): void;
  /** The peer sent FIN before the header was complete. */
  ended(): void;
}

/** Takes the PROXY header off a socket that nobody has read from. Has no time limit: whoever has one destroys the socket. */
export function receiveProxyHeader(socket: Socket, callbacks: ProxyHeaderCallbacks): void {
  const reader = new ProxyHeaderReader();
  const leave = (): void => {
    // Paused first: a flowing socket without a listener would drop what is put back.
    socket.pause();
    socket.off("data", take);
    socket.off("end", callbacks.ended);
  };
  const take = (chunk: Buffer): void => {
    const step = reader.feed(chunk);
    if (step === "more") return;
    leave();
    if ("error" in step) {
      callbacks.rejected(step.error);
      return;
    }
    if (step.rest.length > 0) socket.unshift(step.rest);
    callbacks.accepted(step.header);
  };
  socket.on("data", take);
  socket.on("end", callbacks.ended);
}
