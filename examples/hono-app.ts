/**
 * A Hono app on a listener; any `fetch` handler will do. `node examples/hono-app.ts [port]`, then
 * `curl localhost:8081/hello/ann`.
 */
// In your own project, import from "hono" and "gatehouse".
import { Hono } from "hono";
import { createGatehouse, http, type RequestFacts } from "../src/index.ts";

const app = new Hono<{ Bindings: RequestFacts }>();
app.get("/hello/:name", (context) =>
  context.text(`Hello ${context.req.param("name")} at ${context.env.clientAddress}\n`),
);
app.post("/sum", async (context) => {
  const numbers: number[] = await context.req.json();
  return context.json({ sum: numbers.reduce((sum, each) => sum + each, 0) });
});
app.get("/slow", async (context) => {
  // The signal is aborted when the client has gone, or when the server ends and can wait no longer.
  const { signal } = context.env;
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, 1_000);
    signal.addEventListener("abort", () => resolve(clearTimeout(timer)));
  });
  return context.text("done\n");
});

const port = process.argv[2] ?? "8081";
const gatehouse = createGatehouse({
  config: {
    NetworkListener: [
      { name: "app", protocol: "app", bind: [`127.0.0.1:${port}`], maxConnections: 1_000 },
      // The built-in protocol "http": health, metrics and the management, on a port that only this machine reaches.
      { name: "admin", protocol: "http", bind: ["127.0.0.1:0"] },
    ],
  },
  protocols: [http({ name: "app", fetch: (request, facts) => app.fetch(request, facts) })],
});
await gatehouse.start();
for (const { name, addresses } of gatehouse.listeners()) console.log(`${name} on 127.0.0.1:${addresses[0]?.port}`);
process.once("SIGINT", () => gatehouse.stop());
