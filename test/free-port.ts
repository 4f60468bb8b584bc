/** Ports for tests that have to name one before it is bound. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { hasOwnNetwork } from "./own-network.ts";

/** A port that nobody has on any address at this moment; who wants IPv4 alone names the address. */
export async function freePort(host = "::"): Promise<number> {
  const server = createServer().listen({ port: 0, host, exclusive: true });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/**
 * Tries with another port, and with a third one, what failed: on a network that tests share with the machine somebody
 * else may have taken the first. On a network of its own a failure is a failure.
 */
export async function onFreePort<T>(attempt: (port: number) => Promise<T>, host?: string): Promise<T> {
  for (let more = hasOwnNetwork ? 0 : 2; more > 0; more--) {
    try {
      return await attempt(await freePort(host));
    } catch {}
  }
  return attempt(await freePort(host));
}
