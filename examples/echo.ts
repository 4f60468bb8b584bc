/** Your own protocol: every byte comes back. `node examples/echo.ts [port]`, then `nc 127.0.0.1 7777`. */
// In your own project, import from "gatehouse".
import { createGatehouse, defineProtocol } from "../src/index.ts";

const echo = defineProtocol({
  name: "echo",
  open: (wire) => ({ receive: (chunk) => void wire.write(chunk) }),
});

const port = process.argv[2] ?? "7777";
const gatehouse = createGatehouse({
  config: [{ name: "echo", protocol: "echo", bind: [`127.0.0.1:${port}`] }],
  protocols: [echo],
});
await gatehouse.start();
console.log(`echo on 127.0.0.1:${gatehouse.listeners()[0]?.addresses[0]?.port}`);
process.once("SIGINT", () => gatehouse.stop());
