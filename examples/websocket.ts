/** Echoes over WebSocket, beside an HTTP app. `node examples/websocket.ts [port]`, then any client at ws://localhost:8081. */
import { WebSocketServer } from "ws";
// In a project of its own this import reads: from "gatehouse".
import { createGatehouse, http } from "../src/index.ts";

const sockets = new WebSocketServer({ noServer: true, maxPayload: 65_536 });

const app = http({
  name: "app",
  fetch: () => new Response("Ask for a WebSocket.\n", { status: 426, headers: { Upgrade: "websocket" } }),
  onUpgrade(request, stream, { clientAddress, draining }) {
    sockets.handleUpgrade(request, stream.socket, stream.head, (socket) => {
      socket.send(`Hello ${clientAddress}`);
      socket.on("message", (message, isBinary) => socket.send(message, { binary: isBinary }));
      socket.on("error", () => socket.terminate());
      // The server ends, or this listener does: 1001 is "going away".
      draining.addEventListener("abort", () => socket.close(1001));
    });
  },
});

const port = process.argv[2] ?? "8081";
const gatehouse = createGatehouse({
  config: [{ name: "app", protocol: "app", bind: [`127.0.0.1:${port}`] }],
  protocols: [app],
});
await gatehouse.start();
console.log(`app on 127.0.0.1:${gatehouse.listeners()[0]?.addresses[0]?.port}`);
process.once("SIGINT", () => gatehouse.stop());
