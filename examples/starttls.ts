/** A line protocol with STARTTLS and its own chart. `node examples/starttls.ts [port] [data folder]` */
import { createActor, createMachine } from "xstate";
// In your own project, import from "gatehouse".
import { close, createGatehouse, defineProtocol, GOODBYE, LineReader, UPGRADE } from "../src/index.ts";

const chart = createMachine({
  id: "greeter",
  initial: "clear",
  states: {
    clear: { on: { NAME: "clear", STARTTLS: "upgrading", QUIT: "gone" } },
    upgrading: { on: { secured: "encrypted" } },
    encrypted: { on: { NAME: "encrypted", SECRET: "encrypted", QUIT: "gone" } },
    gone: { type: "final" },
  },
});

const replies: Record<string, string> = {
  NAME: "I am a greeter",
  SECRET: "Nobody else reads this",
  STARTTLS: "Go ahead",
  QUIT: "Goodbye",
};

const greeter = defineProtocol({
  name: "greeter",
  startTls: true,
  open(wire) {
    const reader = new LineReader();
    const actor = createActor(chart, wire.actorOptions).start();
    return {
      get state() {
        return String(actor.getSnapshot().value);
      },
      greet: () => void wire.write("NAME, SECRET, STARTTLS or QUIT?\r\n"),
      receive(chunk) {
        reader.push(chunk);
        let status = reader.next(512);
        for (; status === "line"; status = reader.next(512)) {
          const type = reader.line;
          wire.write(`${actor.getSnapshot().can({ type }) ? replies[type] : "Not now"}\r\n`);
          actor.send({ type });
          if (actor.getSnapshot().matches("gone")) return GOODBYE;
          if (actor.getSnapshot().matches("upgrading")) return UPGRADE;
        }
        return status === "more" ? undefined : close("protocol-error");
      },
      secured() {
        // Cleartext sent after STARTTLS is never read (RFC 3207 section 4.2).
        reader.clear();
        actor.send({ type: "secured" });
        return undefined;
      },
      closed: () => void actor.stop(),
    };
  },
});

const [port = "7779", dataDirectory = "gatehouse-data"] = process.argv.slice(2);
const config = [{ name: "greeter", protocol: "greeter", bind: [`127.0.0.1:${port}`] }];
const gatehouse = createGatehouse({ config, protocols: [greeter], dataDirectory });
await gatehouse.start();
console.log(`greeter on 127.0.0.1:${gatehouse.listeners()[0]?.addresses[0]?.port}`);
process.once("SIGINT", () => gatehouse.stop());
