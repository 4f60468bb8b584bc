/**
 * What inspectors may see of Gatehouse's own charts: an allow-list, field by field. A field that is not listed is not
 * shown, and neither is a value of another type than the field's.
 */
import { pauseReasons } from "../machines/listener.ts";
import { isEndCause } from "../machines/own-causes.ts";

/** What may be shown of a value; undefined for nothing. */
export type Disclose = (value: unknown) => unknown;

type Fields = Readonly<Record<string, Disclose>>;

export interface ChartDisclosure {
  readonly context: Disclose;
  /** Fields of events beside their `type`, by event type. */
  readonly events: Readonly<Record<string, Disclose>>;
}

const flag: Disclose = (value) => (typeof value === "boolean" ? value : undefined);
const count: Disclose = (value) => (typeof value === "number" || value === null ? value : undefined);
const cause: Disclose = (value) => (value === null || isEndCause(value) ? value : undefined);
const reasons: Disclose = (value) =>
  Array.isArray(value)
    ? value.filter((reason) => typeof reason === "string" && Object.hasOwn(pauseReasons, reason))
    : [];

/** Only the kind of an error: messages may quote what caused it. */
export const errorName: Disclose = (value) => {
  if (value === null || value === undefined) return value;
  if (!(value instanceof Error)) return isErrorName(value) ? value : "error";
  const code: unknown = "code" in value ? value.code : undefined;
  return [code, value.name].find(isErrorName) ?? "error";
};

/** A code or the name of a class, not a sentence. A recording keeps only this of an error. */
function isErrorName(value: unknown): boolean {
  return typeof value === "string" && /^[\w-]{1,64}$/.test(value);
}

function fields(known: Fields): Disclose {
  const entries = Object.entries(known);
  return (value) => {
    const shown: Record<string, unknown> = {};
    if (typeof value !== "object" || value === null) return shown;
    for (const [name, disclose] of entries) {
      const field = disclose(Reflect.get(value, name));
      if (field !== undefined) shown[name] = field;
    }
    return shown;
  };
}

const connectionTimes = {
  proxyTimeout: count,
  admissionTimeout: count,
  tlsTimeout: count,
  drainTimeout: count,
  closeTimeout: count,
};
const session = { context: fields({ draining: flag, cause }), events: { "session.ended": fields({ cause }) } };

/** By the chart's id. */
export const disclosures: Readonly<Record<string, ChartDisclosure>> = {
  server: { context: fields({ error: errorName }), events: {} },
  reload: {
    context: fields({ document: count, next: count, error: errorName }),
    events: { "document.arrived": fields({ document: count }) },
  },
  upgrade: {
    context: fields({
      timeouts: fields({ upgradeTimeout: count, handOverTimeout: count }),
      error: errorName,
      silent: flag,
    }),
    events: {},
  },
  certificate: {
    context: fields({ error: errorName, failures: count, pause: count, isFresh: flag, jitter: count }),
    events: {},
  },
  worker: { context: fields({ losses: count, error: errorName }), events: {} },
  fleet: {
    context: fields({
      times: fields({ renewInterval: count, answerTimeout: count, retryInterval: count, leaseLeft: count }),
      error: errorName,
    }),
    events: {},
  },
  listener: {
    context: fields({
      timeouts: fields({ drainTimeout: count, refusalTimeout: count }),
      pausedBy: reasons,
      retries: count,
      error: errorName,
    }),
    events: {},
  },
  connection: {
    context: fields({
      settings: fields({ tlsImplicit: flag, asyncAdmission: flag, ...connectionTimes }),
      cause,
      drainRequested: flag,
    }),
    events: {
      "connection.admitted": fields({ proxied: flag }),
      "session.ended": fields({ cause, finished: flag }),
      "socket.failed": fields({ cause }),
      "socket.closed": fields({ cause }),
    },
  },
  smtp: {
    context: fields({ draining: flag, authenticated: flag, recipients: count, cause }),
    events: { "session.ended": fields({ cause }) },
  },
  imap: {
    context: fields({ draining: flag, selected: flag, cause }),
    events: { "session.ended": fields({ cause }) },
  },
  pop3: session,
  manageSieve: session,
};
