/**
 * A front node of a fleet: takes mail by SMTP, and answers what the mailbox node says to it by LMTP. It keeps nothing.
 * `node examples/front-node.ts [port] [data folder] [node] [port of the mailbox node] [engine]`
 */
import { createTransport } from "nodemailer";
// In your own project, import from "gatehouse".
import { type Backend, createGatehouse, type Envelope, type Reply } from "../src/index.ts";

const [port = "2525", dataDirectory = "gatehouse-data", node = "front-1", mailbox = "2424", engine] =
  process.argv.slice(2);
const url = engine ?? "redis://127.0.0.1:6379";
const transport = createTransport({
  ...{ host: "127.0.0.1", port: Number(mailbox), lmtp: true, pool: true },
  // Between machines, use a certificate that the fronts can check, and a listener that only they can reach.
  ignoreTLS: true,
});

const backend: Backend = {
  // Whether there is such a mailbox is said after the message, before anybody has taken it.
  recipient: () => undefined,
  async wholeMessage({ envelope, content }) {
    const raw = Buffer.concat([Buffer.from(received(envelope)), content]);
    const to = envelope.recipients.map(({ address }) => address);
    try {
      const { response } = await transport.sendMail({ envelope: { from: envelope.sender, to }, raw });
      return replyOf(response);
    } catch (error) {
      const { response } = error as { readonly response?: string };
      // Without one the mailbox node is away: the client gets 451, and tries again later.
      if (response === undefined) throw error;
      return replyOf(response);
    }
  },
};

function replyOf(response: string): Reply {
  const [, code, enhanced, text] = /^(\d{3}) (?:(\d\.\d+\.\d+) )?(.*)/s.exec(response) ?? [];
  return { code: Number(code ?? 451), enhanced: enhanced ?? "4.3.0", text: text ?? "Try again later" };
}

/** RFC 5321, section 4.4. */
function received({ connection, protocol }: Envelope): string {
  const date = new Date().toUTCString().replace("GMT", "+0000");
  return `Received: from [${connection.peer.address}] by ${node} with ${protocol} id ${connection.id}; ${date}\r\n`;
}

const gatehouse = createGatehouse({
  config: {
    // Each recipient gets an answer of its own: clients send the message again to the next one.
    NetworkListener: [{ name: "smtp", bind: [`127.0.0.1:${port}`], limits: { recipients: 1 } }],
    SystemSettings: { maxConnections: 8192, cluster: { url } },
  },
  ...{ node, backend, dataDirectory },
});
await gatehouse.start();
console.log(`smtp on 127.0.0.1:${gatehouse.listeners()[0]?.addresses[0]?.port}`);
process.once("SIGINT", async () => {
  await gatehouse.stop();
  transport.close();
});
