/** For servers that cannot report their port. */
import { createServer } from "node:net";
import { listen } from "./listen.ts";

/** A loopback port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
