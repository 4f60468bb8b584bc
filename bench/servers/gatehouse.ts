/** Gatehouse with one SMTP listener, and a workload's extra options. */
import { serverLogger } from "../../src/command/server-outputs.ts";
import {
  type ConfigurationInput,
  createGatehouse,
  type Identity,
  type LoginAttempt,
  logDestination,
  type NetworkListenerInput,
  smtp,
} from "../../src/index.ts";
import { answer } from "./answers.ts";
import { longestPauses } from "./event-loop.ts";
import { inspectOneIn } from "./inspection.ts";
import { discard, discardStream, mailStore } from "./mail-backends.ts";
import { watcher } from "./watcher.ts";

export interface GatehouseVariant {
  /** PEM with key and certificate; TLS from the first byte. */
  readonly certificate?: string;
  /** The file that the log goes to; none by default. */
  readonly log?: string;
  /** Clients may say nothing for as long as a bench takes. */
  readonly patient?: boolean;
  /** Loopback is a trusted proxy. */
  readonly proxy?: boolean;
  /** What happens to messages; none are accepted by default. */
  readonly messages?: "discarded" | "discarded as a stream" | "kept";
  /** Octets of the largest one; the default limit otherwise. */
  readonly messageSize?: number;
  /** For messages that are kept. */
  readonly directory?: string;
  /** It has a listener for its management, and an account that may watch. */
  readonly managed?: boolean;
  /** One in this many connections is shown to an inspector. */
  readonly inspected?: number;
  /** Event loops, which accept no messages; one by default, whose backend is as `messages` says. */
  readonly workers?: number;
}

const emptyBackend = new URL("./no-backend.ts", import.meta.url);
const variant = JSON.parse(process.argv[2] ?? "{}") as GatehouseVariant;

const document = (
  spare: readonly NetworkListenerInput[] = [],
  changed: Partial<NetworkListenerInput> = {},
): ConfigurationInput => ({
  SystemSettings: {
    defaultHostname: "localhost",
    maxConnections: 30_000,
    ...(variant.proxy ? { proxyTrustedNetworks: ["127.0.0.0/8"] } : {}),
  },
  ...(variant.certificate ? { Certificate: { main: certificateAt(variant.certificate) } } : {}),
  NetworkListener: [
    {
      name: "smtp",
      bind: ["127.0.0.1:0"],
      useTls: Boolean(variant.certificate),
      tlsImplicit: Boolean(variant.certificate),
      ...(variant.patient ? { limits: { firstCommandTimeout: "30m" } } : {}),
      ...changed,
    },
    ...(variant.managed ? [{ name: "management", protocol: "http", bind: ["127.0.0.1:0"], useTls: false }] : []),
    ...spare,
  ],
});

const spare = (changes: Partial<NetworkListenerInput>): NetworkListenerInput[] => [
  { name: "spare", bind: ["127.0.0.1:0"], useTls: false, ...changes },
];

/** A second listener is added, changed and moved; the busy one is changed; the second one is removed. */
const reloads = [
  document(spare({})),
  document(spare({ maxConnections: 7 })),
  document(spare({ bind: ["127.0.0.2:0"], maxConnections: 7 })),
  document(spare({ bind: ["127.0.0.2:0"], maxConnections: 7 }), { maxConnections: 20_000 }),
  document(),
];

const mail = variant.directory === undefined ? null : await mailStore(variant.directory);
const inspector = variant.inspected === undefined ? null : await inspectOneIn(variant.inspected);
const discarding = { discarded: discard, "discarded as a stream": discardStream };
const backend = mail?.backend ?? discarding[variant.messages as keyof typeof discarding] ?? {};
const gatehouse = createGatehouse({
  config: document(),
  ...(variant.workers === undefined ? { backend } : { workers: { count: variant.workers, module: emptyBackend } }),
  ...(variant.messageSize ? { protocols: [smtp({ backend, messageSize: variant.messageSize })] } : {}),
  ...(variant.log ? { logger: serverLogger(logDestination(variant.log), "info") } : {}),
  ...(inspector ? { inspect: inspector.inspect } : {}),
  ...(variant.managed ? { authenticate: watcherOnly } : {}),
});
await gatehouse.start();
let reloaded = 0;
answer(portOf("smtp"), {
  open: () => gatehouse.connections().length,
  reload: () => longestPauses(() => gatehouse.reload(reloads[reloaded++ % reloads.length] ?? document())),
  quiet: () => longestPauses(() => Promise.resolve()),
  management: () => portOf("management"),
  inspector: () => inspector?.url ?? "",
  kept: () => mail?.statistics() ?? { messages: 0, commits: 0 },
});

function watcherOnly({ username, password }: LoginAttempt): Identity | null {
  const isRight = username === watcher.username && password === watcher.password;
  return isRight ? { username, roles: ["observer"] } : null;
}

function portOf(listener: string): number {
  return gatehouse.listeners().find(({ name }) => name === listener)?.addresses[0]?.port ?? 0;
}

function certificateAt(filePath: string) {
  const file = { "@type": "File", filePath } as const;
  return { certificate: file, privateKey: file };
}
