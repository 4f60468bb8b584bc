import { availableParallelism, hostname as machineName } from "node:os";
import { z } from "zod";
import { duration } from "../values/duration.ts";
import { mustBe } from "../values/expectation.ts";
import { fieldDisplay } from "../values/field-display.ts";
import { count, fieldsOf, type IgnoredFields, SERVER_SET } from "../values/fields.ts";
import { hostname, objectName } from "../values/names.ts";
import { clusterSchema } from "./cluster.ts";
import { trustedProxies } from "./listener.ts";

const WORKERS = 'a number from 1 to 64, or "auto"';
/** Forms of the management send text where a field may be a word. */
const countInForms = z
  .string()
  .regex(/^([1-9]|[1-5]\d|6[0-4])$/)
  .transform(Number);
const METRICS_ACCESS = '"open", "account", or null';
const DELIMITER = 'one character like "+" or "-", or null';

const STALWART = "A setting of Stalwart's without meaning here. Ignored.";
const ignored: IgnoredFields = {
  ...SERVER_SET,
  defaultDomainId: STALWART,
  threadPoolSize: STALWART,
  mailExchangers: STALWART,
  services: STALWART,
  providerInfo: STALWART,
};

export const systemSchema = fieldsOf(
  {
    defaultHostname: hostname
      .optional()
      .describe("The name that the server greets with. Unless given, the machine's host name.")
      .register(fieldDisplay, { label: "Host name", section: "Server", placeholder: "mail.example.com" }),
    defaultCertificateId: objectName
      .nullable()
      .default(null)
      .describe(
        "The certificate for clients that name no host, or one that no certificate covers. Null: the only certificate, if there is one.",
      )
      .register(fieldDisplay, { label: "Default certificate", section: "Server", objectName: "x:Certificate" }),
    maxConnections: count()
      .default(8192)
      .describe("Cap on the concurrent connections of the whole server.")
      .register(fieldDisplay, { label: "Connections at most", section: "Server" }),
    workers: z
      .union([z.literal("auto"), z.int().min(1).max(64), countInForms], { error: mustBe(WORKERS) })
      .default(1)
      .describe(
        'Threads that accept and serve, each with an event loop of its own; "auto" for one on each core that the process may use. With 1 the main thread serves by itself.',
      )
      .register(fieldDisplay, { label: "Workers", section: "Server" }),
    cluster: clusterSchema
      .nullable()
      .prefault(null)
      .describe(
        "Makes this server a node of a fleet, whose nodes share an engine of Redis's protocol. Read at the start, except for roles and onLoss. Null: a server of its own.",
      )
      .register(fieldDisplay, { label: "Fleet", section: "Server", objectName: "x:Cluster" }),
    proxyTrustedNetworks: trustedProxies
      .describe(
        "Peers that must send a PROXY header; from others none is expected. unix: stands for whoever connects to a Unix socket.",
      )
      .register(fieldDisplay, {
        label: "Trusted proxies",
        section: "Proxy networks",
        placeholder: "10.0.0.0/8",
        format: "ipNetwork",
      }),
    drainTimeout: duration(0)
      .prefault(30_000)
      .describe("How long sessions may take to finish when the server stops or a listener is removed.")
      .register(fieldDisplay, { label: "Drain timeout", section: "Server" }),
    upgradeTimeout: duration(1)
      .prefault(30_000)
      .describe(
        "How long a successor may take to be ready in an upgrade in place; the server goes on without one then.",
      )
      .register(fieldDisplay, { label: "Upgrade timeout", section: "Server" }),
    metricsAccess: z
      .enum(["open", "account"], { error: mustBe(METRICS_ACCESS) })
      .nullable()
      .default(null)
      .describe(
        "Who may read /healthz, /readyz and /metrics. open: everybody. account: an account or a token with the permission sysMetricsGet; health is still open on loopback addresses. Null: open on loopback addresses, account elsewhere.",
      )
      .register(fieldDisplay, { label: "Metrics and health", section: "Server", enumName: "MetricsAccess" }),
    recipientDelimiter: z
      .string({ error: mustBe(DELIMITER) })
      .regex(/^[!#$%&'*+/=?^_`{|}~-]$/, { error: mustBe(DELIMITER) })
      .nullable()
      .default("+")
      .describe(
        "Separates a detail from an account's name: mail for ann+lists@ goes to ann@ unless ann+lists@ is an account. Null: no details.",
      )
      .register(fieldDisplay, { label: "Recipient delimiter", section: "Mail" }),
  },
  ignored,
);

type Parsed = z.output<typeof systemSchema>;

/** The settings of the whole server, defaults resolved. */
export interface SystemSettings extends Readonly<Parsed> {
  readonly defaultHostname: string;
}

/** How many threads are to serve; `auto` is one for each core that this process may use. */
export function workerCount({ workers }: Pick<SystemSettings, "workers">): number {
  return workers === "auto" ? availableParallelism() : workers;
}

/** The machine's host name, or `localhost` when that is not a valid name for a greeting. */
export function defaultHostname(): string {
  const name = hostname.safeParse(machineName());
  return name.success ? name.data : "localhost";
}
