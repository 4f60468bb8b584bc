/** Gatehouse with every protocol over its own store, watched for how long its threads are busy. */
import { syncBuiltinESMExports } from "node:module";
import workers, { type WorkerOptions } from "node:worker_threads";
import { answer } from "./answers.ts";
import { watchThread } from "./busy-thread.ts";

export interface MailHouseOptions {
  readonly directory: string;
  /** PEM with key and certificate. */
  readonly certificate: string;
  /** They log in with `secret`. */
  readonly accounts: readonly string[];
}

const options = JSON.parse(process.argv[2] ?? "{}") as MailHouseOptions;
const watch = new URL("./thread-watch.ts", import.meta.url).href;
const loop = new Float64Array(1);
const threads: Float64Array[] = [];

/** The store creates its own threads; this class makes them watched. */
workers.Worker = class extends workers.Worker {
  constructor(file: string | URL, given: WorkerOptions = {}) {
    const busy = new Float64Array(new SharedArrayBuffer(8));
    threads.push(busy);
    super(file, { ...given, execArgv: [...(given.execArgv ?? []), "--import", watch], workerData: { busy } });
  }
};
syncBuiltinESMExports();

// Imported only now, so that the store gets that class.
const gate = await import("../../src/index.ts");
const store = await gate.openStore(options.directory);
const entries = options.accounts.map((address) => ({ address, secret: "secret", roles: [] }));
const accounts = new gate.AccountDirectory(entries);
const backend = gate.mailboxBackend({ store, accounts: () => accounts, hostname: "localhost" });
const reading = { backend, mailboxes: store.mailboxes, authWithoutTls: true };

const file = { "@type": "File", filePath: options.certificate } as const;
const clear = { useTls: false, bind: ["127.0.0.1:0"] };
const gatehouse = gate.createGatehouse({
  config: {
    SystemSettings: { defaultHostname: "localhost" },
    Certificate: { main: { certificate: file, privateKey: file } },
    NetworkListener: [
      { ...clear, name: "smtp", protocol: "smtp" },
      { ...clear, name: "lmtp", protocol: "lmtp" },
      { ...clear, name: "imap", protocol: "imap" },
      { ...clear, name: "pop3", protocol: "pop3" },
      { ...clear, name: "manageSieve", protocol: "manageSieve" },
      { ...clear, name: "http", protocol: "http" },
      { ...clear, name: "proxied", protocol: "smtp", overrideProxyTrustedNetworks: ["127.0.0.0/8"] },
      { bind: ["127.0.0.1:0"], name: "tls", protocol: "smtp", tlsImplicit: true },
    ],
  },
  backend,
  mailboxes: store.mailboxes,
  protocols: [
    gate.smtp({ backend, authWithoutTls: true }),
    gate.lmtp({ backend }),
    gate.imap(reading),
    gate.pop3(reading),
    gate.manageSieve(reading),
  ],
  pressure: false,
});
await gatehouse.start();
watchThread(loop);

const ports = Object.fromEntries(gatehouse.listeners().map(({ name, addresses }) => [name, addresses[0]?.port ?? 0]));
answer(0, {
  ports: () => ports,
  stalls: () => {
    const longest = { loop: loop[0] ?? 0, thread: Math.max(0, ...threads.map(([busy = 0]) => busy)) };
    for (const each of [loop, ...threads]) each[0] = 0;
    return longest;
  },
});
