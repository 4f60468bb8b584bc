import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Endpoint } from "../../../src/protocols/endpoint.ts";
import type { ProxyProgram } from "./proxy-program.ts";

/** Says a word over an open socket and hears as many octets back; fails with the proxy if that ends. */
export async function say(socket: Socket, word: string, proxy: ProxyProgram): Promise<string> {
  socket.write(word);
  let heard = "";
  const answer = (async () => {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      heard += String(chunk);
      if (heard.length >= word.length) return;
    }
  })();
  try {
    await Promise.race([answer, proxy.failed]);
  } catch (cause) {
    throw new Error(`No answer to ${JSON.stringify(word)}; the proxy's own words: ${proxy.output()}`, { cause });
  }
  return heard;
}

/** Connects to a proxy; the client's end of the connection is what a header should name. */
export async function client(address: string, port: number): Promise<{ socket: Socket; local: Endpoint }> {
  const socket = connect(port, address);
  socket.on("error", () => {});
  await once(socket, "connect");
  return { socket, local: { address, port: socket.localPort ?? 0 } };
}
