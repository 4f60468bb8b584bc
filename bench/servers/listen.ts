/** The minimum that Node needs to serve, for the baselines. */
import { once } from "node:events";
import type { Server } from "node:net";

/** On a free port of loopback; resolves with it. */
export async function listen(server: Server): Promise<number> {
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 });
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}
