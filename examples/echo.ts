/** A protocol of one's own: every byte comes back. `node examples/echo.ts [port]`, then `nc 127.0.0.1 7777`. */
// In a project of its own this import reads: from "gatehouse".
import { CONTINUE, close, createGatehouse, type Session, type SessionProtocol, WAIT, type Wire } from "../src/index.ts";

const echo: SessionProtocol = {
  kind: "session",
  name: "echo",
  startTls: false,
  busy: () => "Too many connections, try again later\r\n",
  open: (wire: Wire): Session => ({
    state: "echoing",
    greet: () => CONTINUE,
    receive: (chunk) => (wire.write(chunk) ? CONTINUE : WAIT),
    resume: () => CONTINUE,
    writable: () => CONTINUE,
    secured: () => CONTINUE,
    ended: () => close("quit"),
    drain: () => close("drained"),
    expired: () => close("idle-timeout"),
    closed: () => {},
  }),
};

const port = process.argv[2] ?? "7777";
const gatehouse = createGatehouse({
  config: [{ name: "echo", protocol: "echo", bind: [`127.0.0.1:${port}`] }],
  protocols: [echo],
});
await gatehouse.start();
console.log(`echo on 127.0.0.1:${gatehouse.listeners()[0]?.addresses[0]?.port}`);
process.once("SIGINT", () => gatehouse.stop());
