/** Gatehouse with as many SMTP listeners as it is told to have; it starts when it is asked to. */
import { type ConfigurationInput, createGatehouse } from "../../src/index.ts";
import { answer } from "./answers.ts";
import { longestPauses } from "./event-loop.ts";

export interface ManyListeners {
  readonly listeners: number;
}

const { listeners } = JSON.parse(process.argv[2] ?? "{}") as ManyListeners;

const document = (count: number): ConfigurationInput => ({
  SystemSettings: { defaultHostname: "localhost", maxConnections: 30_000 },
  NetworkListener: Array.from({ length: count }, (_, index) => ({
    name: `l${index}`,
    bind: ["127.0.0.1:0"],
    useTls: false,
  })),
});

const gatehouse = createGatehouse({ config: document(listeners), backend: {} });
answer(0, {
  start: () => longestPauses(() => gatehouse.start()),
  halve: () => longestPauses(() => gatehouse.reload(document(listeners / 2))),
  double: () => longestPauses(() => gatehouse.reload(document(listeners))),
  drain: () => longestPauses(() => gatehouse.stop()),
  ports: () => Object.fromEntries(gatehouse.listeners().map(({ name, addresses }) => [name, addresses[0]?.port ?? 0])),
});
