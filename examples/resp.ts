/** A key-value store that speaks RESP. `node examples/resp.ts [port]`, then `redis-cli -p 6380 set colour green`. */
// In your own project, import from "gatehouse".
import { close, createGatehouse, defineProtocol, type TalkInput } from "../src/index.ts";

const values = new Map<string, string>();

/** `*2`, then for each word its length and itself: `$3`, `GET`. */
async function readCommand(head: string, input: TalkInput): Promise<string[] | null> {
  const count = Number(head.slice(1));
  if (!head.startsWith("*") || !(count > 0 && count <= 100)) return null;
  const words: string[] = [];
  while (words.length < count) {
    const length = Number((await input.line()).slice(1));
    words.push(String(await input.octets(length)));
    await input.line();
  }
  return words;
}

const resp = defineProtocol({
  name: "resp",
  async *talk(_wire, input) {
    for await (const head of input) {
      const command = await readCommand(head, input);
      if (!command) return close("protocol-error");
      const [name = "", key = "", value = ""] = command;
      switch (name.toUpperCase()) {
        case "GET": {
          const found = values.get(key);
          yield found === undefined ? "$-1\r\n" : `$${Buffer.byteLength(found)}\r\n${found}\r\n`;
          break;
        }
        case "SET":
          values.set(key, value);
          yield "+OK\r\n";
          break;
        default:
          yield "-ERR there are GET and SET only\r\n";
      }
    }
    return undefined;
  },
});

const port = process.argv[2] ?? "6380";
const gatehouse = createGatehouse({
  config: [{ name: "resp", protocol: "resp", bind: [`127.0.0.1:${port}`], maxConnections: 1_000 }],
  protocols: [resp],
});
await gatehouse.start();
console.log(`resp on 127.0.0.1:${gatehouse.listeners()[0]?.addresses[0]?.port}`);
process.once("SIGINT", () => gatehouse.stop());
