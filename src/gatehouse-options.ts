/** The options of `createGatehouse()`. */
import type { Logger } from "pino";
import type { Observable } from "rxjs";
import type { Inspector } from "./charts/inspector.ts";
import type { LifecycleMode } from "./charts/lifecycle-logic.ts";
import type { ConfigurationSource, DocumentRead, GivenConfiguration, ManagedDocument } from "./config/index.ts";
import type { Backend } from "./protocols/backend.ts";
import type { Mailboxes } from "./protocols/mailbox.ts";
import type { Protocol } from "./protocols/protocol.ts";
import type { TakeOver } from "./protocols/take-over.ts";
import type { AsyncAdmissionRule } from "./runtime/admission/async-rules.ts";
import type { AdmissionRule } from "./runtime/admission/client-limits.ts";
import type { OpenEngine } from "./runtime/fleet/engine.ts";
import type { EngineDocument } from "./runtime/fleet/engine-document.ts";
import type { CountedOutput } from "./runtime/observe/output.ts";
import type { ReloadReport } from "./runtime/reload/reload.ts";
import type { PressureOptions } from "./runtime/server/pressure-watch.ts";
import type { InheritedSockets } from "./runtime/sockets/inherited-sockets.ts";
import type { Clock } from "./runtime/time/clock.ts";
import type { Predecessor } from "./runtime/upgrade/predecessor.ts";
import type { StartSuccessor } from "./runtime/upgrade/successor.ts";
import type { WorkersOptions } from "./workers-options.ts";

export interface GatehouseOptions {
  /** The document: JSON text, the value it stands for, or what `parseDocument` and `readConfiguration` return. */
  readonly config: GivenConfiguration;
  /** Protocols of your own, by the names that listeners use; one named like a built-in replaces it. */
  readonly protocols?: readonly Protocol[];
  /** Who may log in, whose mail is taken and where it is kept. By default: the document's accounts, SQLite in `dataDirectory`. */
  readonly backend?: Backend;
  /**
   * Where IMAP, POP3 and ManageSieve find mail and scripts. By default where the default backend keeps them. With a
   * `backend` of your own and without this, these three protocols are not available.
   */
  readonly mailboxes?: Mailboxes;
  /** Who may log in, by any protocol, in place of the backend's own check; the rest of the backend stays. */
  readonly authenticate?: NonNullable<Backend["authenticate"]>;
  /**
   * Who may log in by a client certificate (SASL EXTERNAL), in place of the backend's own check. With an `authenticate` of
   * your own and without this, EXTERNAL is not offered.
   */
  readonly authenticateCertificate?: NonNullable<Backend["authenticateCertificate"]>;
  /** May take the session over after a log-in by IMAP, POP3 or ManageSieve. */
  readonly takeOver?: TakeOver;
  /** Name of this node within the fleet of the document's `cluster`, which it takes precedence over. */
  readonly node?: string;
  /** Opens the engine of a fleet; by default node-redis, which has to be installed. */
  readonly openEngine?: OpenEngine;
  /**
   * The document is a text in the engine of the fleet, which all nodes share: what is put into force on one is in force on
   * all, or on none. `node` of `cluster` is not used then.
   */
  readonly engineDocument?: EngineDocument;
  /** Where mail and a self-signed certificate are kept; `gatehouse-data` in the working directory by default. */
  readonly dataDirectory?: string;
  /**
   * Further documents, from a source such as `fileSource()` or each in a form that `config` may have; each is put into force
   * when it comes. A rejected one is reported as `reload.rejected`. Subscribed to from the start to the stop.
   */
  readonly config$?: ConfigurationSource | Observable<GivenConfiguration | DocumentRead>;
  /**
   * Where the document is kept, so that the management API may change it. None by default: then it can be looked at only.
   */
  readonly document?: ManagedDocument<ReloadReport>;
  /**
   * Where the running server can be queried and controlled: HTTP on a Unix socket, which only the process's own user and
   * root can reach. None by default.
   */
  readonly control?: string | ControlOptions;
  /**
   * Sockets that this process was started with, from `inheritedSockets()`: a listener that names the address of one takes
   * it instead of binding. None by default.
   */
  readonly inheritedSockets?: InheritedSockets;
  /**
   * The server that this process is to succeed, from `findPredecessor()`; null for a process that was started otherwise.
   * Left out by default: then `upgrade()` is refused, since the program would not know that it succeeds itself.
   */
  readonly predecessor?: Predecessor | null;
  /** How a successor is started. By default `process.execPath` with this process's own arguments. */
  readonly startSuccessor?: StartSuccessor;
  /**
   * Awaited when everything is read and every address is bound, before any client is admitted: the moment to drop
   * privileges, with `dropPrivileges()`. A rejection fails the start.
   */
  readonly onBound?: () => void | Promise<void>;
  /**
   * Asked when no rule of Gatehouse's own refuses: functions first, in order, at accept; then those that answer later, all
   * at once, within the listener's `admissionTimeout`. A function that throws refuses, with a warning.
   */
  readonly admission?: readonly (AdmissionRule | AsyncAdmissionRule)[];
  /**
   * When the process counts as exhausted, so that new clients are refused, or held where `atCapacity` is `hold`. False:
   * never. Left out: by samples of this process and the default thresholds.
   */
  readonly pressure?: PressureOptions | false;
  /** Threads that accept and serve; as many as `workers` of SystemSettings says by default. */
  readonly workers?: WorkersOptions;
  /** Gets the log; by default nothing is logged. `lifecycle$` has the same and more. */
  readonly logger?: Logger;
  /**
   * Outputs of the log that come from `logDestination()`: lines that they drop are counted in the metrics and reported by
   * `output.dropped`. None by default.
   */
  readonly outputs?: readonly CountedOutput[];
  /** Called with the administrator that a first start without accounts creates, once every address is bound. */
  readonly onAdministratorMade?: (administrator: MadeAdministrator) => void;
  /** Time, for tests; the system's by default. */
  readonly clock?: Clock;
  /**
   * How the charts of connections and sessions are run: as compiled tables, or, for debugging, by XState's interpreter.
   * `compiled` by default.
   */
  readonly lifecycle?: LifecycleMode;
  /**
   * Gets every machine's events and snapshots (XState inspection); one from `gatehouse/inspect` gets them as one tree,
   * selected and sanitised. Costs nothing when left out.
   */
  readonly inspect?: Inspector;
}

export interface ControlOptions {
  /** The socket's path, at most 107 octets; it is created at the start and removed at the end. */
  readonly path: string;
  /**
   * Reads the document for `POST /reload`, in a form that `config` may have. By default the document in force is put into
   * force again, with its certificates read again.
   */
  readonly document?: () => unknown;
}

/** The administrator that was created because there were no accounts. */
export interface MadeAdministrator {
  readonly address: string;
  /** Available only now: what is stored is its hash. */
  readonly password: string;
}
