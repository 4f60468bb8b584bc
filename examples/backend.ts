/** SMTP with your own backend, which prints each message. `node examples/backend.ts [port] [data folder]` */
import { text } from "node:stream/consumers";
// In your own project, import from "gatehouse".
import { type Backend, createGatehouse } from "../src/index.ts";

const backend: Backend = {
  async authenticate({ username, password }) {
    return username === "anna@example.com" && password === "secret" ? { username, roles: [] } : null;
  },
  async recipient(_envelope, { address }) {
    if (address.endsWith("@example.com")) return undefined;
    return { code: 550, enhanced: "5.7.1", text: "Only example.com is served here" };
  },
  async message({ envelope, body }) {
    const recipients = envelope.recipients.map(({ address }) => address).join(", ");
    console.log(`from <${envelope.sender}> to ${recipients}:\n${await text(body)}`);
    return { code: 250, enhanced: "2.0.0", text: "Printed" };
  },
};

const [port = "2525", dataDirectory = "gatehouse-data"] = process.argv.slice(2);
const gatehouse = createGatehouse({
  config: [{ name: "smtp", bind: [`127.0.0.1:${port}`] }],
  backend,
  // This folder holds only the self-signed certificate: mail goes to the backend.
  dataDirectory,
});
await gatehouse.start();
console.log(`smtp on 127.0.0.1:${gatehouse.listeners()[0]?.addresses[0]?.port}`);
process.once("SIGINT", () => gatehouse.stop());
