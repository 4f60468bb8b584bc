/**
 * One stream of everything that happens. The core neither logs nor counts: the log, the metrics and embedders
 * subscribe here. `docs/lifecycle.md` has the table of events; a test holds the two together.
 */
import { type Observable, Subject } from "rxjs";
import type { ReloadPlan } from "../../config/index.ts";
import { messageOf } from "../../config/values/thrown.ts";
import type { EndCause, OwnName } from "../../machines/causes.ts";
import type { ConnectionState } from "../../machines/connection.ts";
import type { PauseReason } from "../../machines/listener.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { ConnectionFacts, Notice, NoticeFields, Refusal, TlsFacts } from "../../protocols/protocol.ts";
import type { ExhaustedResource } from "../pressure/pressure.ts";
import type { PressureResource } from "../pressure/pressure-resource.ts";
import type { ProxyHeaderFault } from "../proxy/proxy-header-error.ts";
import { GuardedObservable } from "./guarded-observable.ts";

/** A bound address, with the port that the kernel chose for port 0. A Unix socket is `unix:` and its path or name. */
export interface BoundAddress extends Endpoint {
  readonly family: 4 | 6 | "unix";
}

/** Milliseconds spent in each part of a connection's life; null for a part it never reached. */
export interface PhaseDurations {
  readonly proxyHeader: number | null;
  readonly admission: number | null;
  readonly handshake: number | null;
  readonly session: number | null;
  readonly closing: number | null;
  readonly total: number;
}

export interface ServerEvents {
  "server.starting": object;
  "server.running": { readonly listeners: number };
  "server.draining": { readonly connections: number };
  "server.stopped": object;
  "server.failed": { readonly error: unknown };
  /** Something to know about the document that is no error: an expired certificate, a newly made self-signed one. */
  "server.warning": { readonly code: string; readonly text: string };
}

export interface ReloadEvents {
  "reload.validating": object;
  "reload.staging": { readonly plan: ReloadPlan };
  "reload.swapping": object;
  "reload.retiring": object;
  "reload.rollingBack": object;
  "reload.carriedOut": {
    /** Who asked for it: `file`, `SIGHUP`, `certificates`, `account ann@example.com`, `control socket`, `embedder`. */
    readonly by: string;
    readonly generation: number;
    readonly plan: ReloadPlan;
    /** Certificates or keys have changed, or only the contents of their files. */
    readonly certificatesChanged: boolean;
    /** Findings about certificates and keys that were not served before. */
    readonly warnings: readonly string[];
    /** Connections that drain, by the name of the listener that was removed. */
    readonly draining: Readonly<Record<string, number>>;
  };
  "reload.rejected": {
    readonly by: string;
    readonly error: Error;
    /** Null where the document was not read, or was not compared with the one in force. */
    readonly plan: ReloadPlan | null;
  };
}

export interface UpgradeEvents {
  /** The program on disk is being started. */
  "upgrade.spawning": {
    /** Who asked for it: `SIGUSR2`, `control socket`, `account ann@example.com`, `embedder`. */
    readonly by: string;
  };
  /** The successor is a process, and has the listening sockets. */
  "upgrade.warming": { readonly pid: number };
  /** It is ready; this server accepts no more. */
  "upgrade.handingOver": { readonly pid: number };
  /** It accepts; this server lets its sessions finish. */
  "upgrade.draining": {
    readonly by: string;
    readonly pid: number;
    /** What the successor has written to standard error; empty for nothing. */
    readonly words: string;
  };
  /** The successor is ended, and this server accepts again. */
  "upgrade.takingBack": object;
  /** There is no successor; everything is as it was. */
  "upgrade.failed": { readonly by: string; readonly error: Error; readonly words: string };
}

export interface WorkerEvents {
  /** A thread accepts and serves. */
  "worker.running": { readonly worker: number };
  /** A thread has ended, with its connections; another one is started. */
  "worker.failed": {
    readonly worker: number;
    readonly error: unknown;
    /** How many threads of this worker were lost lately. */
    readonly losses: number;
  };
}

export interface FleetEvents {
  /** The node is in its fleet, and holds a lease. */
  "fleet.connected": {
    readonly node: string;
    /** All nodes, by name. */
    readonly nodes: readonly string[];
  };
  /** The engine does not answer; the node goes on with the slots that it has leased. */
  "fleet.degraded": {
    readonly node: string;
    readonly error: unknown;
    /** How long it may, in milliseconds. */
    readonly leaseLeft: number;
  };
  /** The lease has ended, too, or there has been none yet. */
  "fleet.isolated": {
    readonly node: string;
    readonly error: unknown;
    readonly onLoss: "local" | "refuse";
  };
  /** The engine answers: those inside are counted again. */
  "fleet.rejoining": { readonly node: string };
  /** A node, which is named, has asked this one to drain and end. */
  "fleet.draining": { readonly by: string };
}

export interface ManagementEvents {
  /** Somebody has changed the document, or has asked for an action, through the management API. */
  "management.changed": {
    /** `account ann@example.com`, `token ci`, `control socket` */
    readonly by: string;
    /** `x:NetworkListener smtp`, `x:Action SuspendListener` */
    readonly objects: readonly string[];
    /** What the change of the document did, in words; empty for actions. */
    readonly plan: string;
    /** Where the change is kept, when it could not be written to the document's own file; else null. */
    readonly keptIn: string | null;
  };
}

export interface OutputEvents {
  /** An output accepts lines again; `lines` were dropped while it was full. */
  "output.dropped": {
    /** `log`, `words` */
    readonly output: string;
    readonly lines: number;
  };
}

export interface CertificateEvents {
  /** A certificate that is served, or an issuer in its chain, has 14 days left. */
  "certificate.expiring": CertificateEnd;
  "certificate.expired": CertificateEnd;
  /**
   * Of several certificates for the same name a listener now serves another one, since the validity of one has changed.
   */
  "certificate.chosen": { readonly listener: string };
  /** An order for a certificate begins, or one that was under way goes on. */
  "certificate.ordered": {
    /** Its id in the document. */
    readonly certificate: string;
    readonly domains: readonly string[];
    /** The host of the authority's directory. */
    readonly authority: string;
  };
  /** A certificate was issued by order, is on disk and in force. */
  "certificate.issued": {
    readonly certificate: string;
    readonly domains: readonly string[];
    readonly notValidAfter: Date;
  };
  /** Another node of the fleet has got a certificate, which is on disk and in force here now. */
  "certificate.received": {
    readonly certificate: string;
    readonly domains: readonly string[];
    readonly notValidAfter: Date;
  };
  /** A certificate is due, and the fleet cannot be asked which node orders it: none does until then. */
  "certificate.postponed": { readonly certificate: string; readonly error: unknown };
  /** An order, or what led to it, has failed. What was in force stays. */
  "certificate.orderFailed": {
    readonly certificate: string;
    readonly error: unknown;
    /** Failures in a row. */
    readonly failures: number;
    /** When it is tried again. */
    readonly retryAt: Date;
  };
}

export interface CertificateEnd {
  /** Its id in the document. */
  readonly certificate: string;
  /** The subject whose validity it is, on one line: `C=US, O=Let's Encrypt, CN=E5`. */
  readonly subject: string;
  /** The server's own certificate, or an issuer's in its chain. */
  readonly role: "server" | "issuer";
  readonly notValidAfter: Date;
}

/** Milliseconds for `eventLoopDelay`, bytes for `heap`, a number for `descriptors`. */
export interface PressureEvents {
  "pressure.began": ExhaustedResource;
  "pressure.ended": {
    readonly resource: PressureResource;
    /** The threshold at which it counted as exhausted. */
    readonly limit: number;
    /** Null when it is no longer known. */
    readonly current: number | null;
  };
}

export interface ListenerEvents {
  "listener.binding": { readonly listener: string };
  "listener.listening": {
    readonly listener: string;
    readonly protocol: string;
    readonly addresses: readonly BoundAddress[];
  };
  /** One for each reason, as it begins. */
  "listener.paused": {
    readonly listener: string;
    readonly reason: PauseReason;
    /** The cap that was reached; null for other reasons than `at-capacity`. */
    readonly limit: number | null;
    /** The slots taken of it. */
    readonly current: number | null;
  };
  /** It accepts again: no reason to pause is left. */
  "listener.resumed": { readonly listener: string };
  "listener.draining": { readonly listener: string; readonly connections: number };
  "listener.closed": { readonly listener: string };
  "listener.failed": { readonly listener: string; readonly error: unknown };
  /** A setting that this platform does not support, or supports differently. */
  "listener.warning": { readonly listener: string; readonly field: string; readonly text: string };
}

export type ConnectionStateEvents = {
  [State in Exclude<ConnectionState, "closed"> as `connection.${State}`]: { readonly connection: ConnectionFacts };
};

export interface ConnectionEvents extends ConnectionStateEvents {
  "connection.refused": { readonly listener: string; readonly peer: Endpoint; readonly refusal: Refusal };
  "connection.secured": {
    readonly connection: ConnectionFacts;
    readonly tls: TlsFacts;
    /** Milliseconds. */
    readonly duration: number;
  };
  "connection.handshakeFailed": {
    readonly connection: ConnectionFacts;
    readonly reason: string;
    readonly detail: string;
  };
  /** A trusted proxy sent no valid PROXY header. */
  "connection.proxyRejected": {
    readonly connection: ConnectionFacts;
    readonly reason: ProxyHeaderFault;
    readonly detail: string;
  };
  "connection.sessionFailed": { readonly connection: ConnectionFacts; readonly error: unknown };
  "connection.closed": {
    readonly connection: ConnectionFacts;
    readonly cause: EndCause;
    readonly durations: PhaseDurations;
    /** Octets on the wire, including TLS records. */
    readonly bytesRead: number;
    readonly bytesWritten: number;
  };
}

type NoticeEvents = {
  [Type in Exclude<Notice["type"], OwnName>]: Omit<Extract<Notice, { type: Type }>, "type"> & {
    readonly connection: ConnectionFacts;
  };
};

export interface LifecycleEvents
  extends ServerEvents,
    ManagementEvents,
    WorkerEvents,
    FleetEvents,
    OutputEvents,
    PressureEvents,
    CertificateEvents,
    ReloadEvents,
    UpgradeEvents,
    ListenerEvents,
    ConnectionEvents,
    NoticeEvents {}

type KnownType = keyof LifecycleEvents;

export type LifecycleEventType = KnownType | OwnName;

/** A notice that a protocol has registered. */
export interface OwnNoticeEvent {
  /** As registered, e.g. `resp:keyExpired`. */
  readonly type: OwnName;
  readonly connection: ConnectionFacts;
  readonly meaning: string;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: NoticeFields;
}

type KnownEvents = { [Type in KnownType]: { readonly type: Type } & LifecycleEvents[Type] };

/** An event of the server, a listener, a connection or a session. */
export type LifecycleEvent = (KnownEvents[KnownType] | OwnNoticeEvent) & {
  /** The worker that reports it, from 1; absent for the main thread. */
  readonly worker?: number;
};

/** One event, by its type. */
export type LifecycleEventOf<Type extends LifecycleEventType> = Type extends KnownType
  ? KnownEvents[Type]
  : OwnNoticeEvent;

/** Learns how many connections a listener has accepted since the last call. */
export type AcceptCounter = (listener: string, accepted: number) => void;

type Handler<Type extends LifecycleEventType> = (event: LifecycleEventOf<Type>) => void;

/**
 * Where the runtime reports what happens. Events are created only for types with a subscriber: check `wants` first.
 */
export class Lifecycle {
  readonly #events = new Subject<LifecycleEvent>();
  /** Subscribers of certain types only. */
  readonly #handlers = new Map<LifecycleEventType, readonly ((event: LifecycleEvent) => void)[]>();
  readonly events$: Observable<LifecycleEvent> = new GuardedObservable(this.#events, (subscriber, error) =>
    this.callbackFailed({ what: "A subscriber of lifecycle$", callback: subscriber }, error),
  );
  #acceptCounters: readonly AcceptCounter[] = [];
  /** Those that have failed, and been reported. */
  readonly #failed = new WeakSet<object>();

  wants(type: LifecycleEventType): boolean {
    return this.isHeard(type) || (type === "connection.accepted" && this.#acceptCounters.length > 0);
  }

  /** Somebody wants to know more of it than how often it happens. */
  isHeard(type: LifecycleEventType): boolean {
    return this.#handlers.has(type) || this.#events.observed;
  }

  /** Somebody sees all events themselves, not a certain type's. */
  get isSeen(): boolean {
    return this.#events.observed;
  }

  /**
   * Something of the embedder's threw that nobody waits for. Only the first error of a callback is reported: it may fail at
   * every event, this one included.
   */
  callbackFailed({ what, callback }: { readonly what: string; readonly callback: object }, error: unknown): void {
    if (this.#failed.has(callback)) return;
    this.#failed.add(callback);
    const text = `${what} has thrown ${messageOf(error)}. Its further errors are not reported.`;
    this.emit({ type: "server.warning", code: "callback-failed", text });
  }

  /**
   * Subscribes to these types only. An error thrown by the handler is reported.
   * @returns a function that ends it.
   */
  listen<Type extends LifecycleEventType>(types: readonly Type[], handler: Handler<Type>): () => void {
    // The handler gets only events of its own types.
    const callback = handler as (event: LifecycleEvent) => void;
    for (const type of types) this.#handlers.set(type, [...(this.#handlers.get(type) ?? []), callback]);
    return () => {
      for (const type of types) {
        const left = this.#handlers.get(type)?.filter((each) => each !== callback) ?? [];
        if (left.length > 0) this.#handlers.set(type, left);
        else this.#handlers.delete(type);
      }
    };
  }

  /** For who only counts accepted connections: a worker reports a number of them at once. @returns a function that ends it. */
  countAccepted(counter: AcceptCounter): () => void {
    this.#acceptCounters = [...this.#acceptCounters, counter];
    return () => {
      this.#acceptCounters = this.#acceptCounters.filter((each) => each !== counter);
    };
  }

  /** Connections that another thread has accepted, whose events nobody there was asked for. */
  accepted(listener: string, count: number): void {
    for (const counter of this.#acceptCounters) counter(listener, count);
  }

  emit(event: LifecycleEvent): void {
    if (event.type === "connection.accepted") this.accepted(event.connection.listener, 1);
    const handlers = this.#handlers.get(event.type);
    if (handlers !== undefined) {
      for (const handler of handlers) {
        try {
          handler(event);
        } catch (error) {
          this.callbackFailed({ what: "A subscriber of events, such as the logger,", callback: handler }, error);
        }
      }
    }
    if (this.#events.observed) this.#events.next(event);
  }

  complete(): void {
    this.#events.complete();
    this.#handlers.clear();
  }
}
