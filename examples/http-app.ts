/** An HTTP app on a listener: Gatehouse handles caps, TLS, drain and reload. `node examples/http-app.ts [port]`, then curl. */
// In your own project, import from "gatehouse".
import { createGatehouse, http } from "../src/index.ts";

const app = http({
  onRequest(request, response) {
    response.setHeader("Content-Type", "text/plain");
    response.end(`Hello ${request.socket.remoteAddress}, you asked for ${request.url}\n`);
  },
});

const port = process.argv[2] ?? "8081";
const gatehouse = createGatehouse({
  config: [{ name: "web", protocol: "http", bind: [`127.0.0.1:${port}`], maxConnections: 1_000 }],
  protocols: [app],
});
await gatehouse.start();
console.log(`http on 127.0.0.1:${gatehouse.listeners()[0]?.addresses[0]?.port}`);
process.once("SIGINT", () => gatehouse.stop());
