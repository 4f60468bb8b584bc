/** What the main thread and a worker's thread say to one another. */
import type { MessagePort } from "node:worker_threads";
import type { LifecycleMode } from "../../charts/lifecycle-logic.ts";
import type { ConfigurationMembers } from "../../config/index.ts";
import type { BlockedAddress } from "../admission/block-list.ts";
import type { PressureThresholdOptions } from "../pressure/thresholds.ts";
import type { InheritedSocket } from "../sockets/inherited-sockets.ts";
import type { ChallengePem } from "../tls/challenge-certificates.ts";
import type { ServerCertificates } from "../tls/server-certificates.ts";
import type { EventBatch, WantedEvents } from "./forwarded-events.ts";
import type { ListenerMemory, ServerMemory } from "./worker-memory.ts";

/** A listening socket by its descriptor, which the receiver duplicates before it answers. */
export type HandedSocket = Pick<InheritedSocket, "address" | "ipv6Only"> & { readonly descriptor: number };

/** A document as a worker follows it: the listeners that it serves, with the addresses that they are bound to. */
export interface WorkerDocument {
  readonly document: ConfigurationMembers;
  readonly sockets: readonly HandedSocket[];
  readonly certificates: ServerCertificates;
  readonly memory: ReadonlyMap<string, ListenerMemory>;
}

/** What a worker's thread begins with. */
export interface WorkerStart extends WorkerDocument {
  /** The worker's number, from 1. */
  readonly worker: number;
  /** The thread's number in shared memory. */
  readonly thread: number;
  /** What the ids of its connections begin with. */
  readonly idPrefix: string;
  readonly shared: ServerMemory;
  /** Makes keys of session tickets that are the same in all threads. */
  readonly ticketSecret: Uint8Array;
  /** Grows with each change of the block list; what changed is on the port by then. */
  readonly blockVersion: Int32Array;
  /** Entries of the block list that are not the document's own. */
  readonly blocked: readonly BlockedAddress[];
  /** What somebody in the main thread wants to hear. */
  readonly wanted: WantedEvents;
  readonly pressure: false | { readonly thresholds?: PressureThresholdOptions };
  readonly dataDirectory: string;
  readonly lifecycle: LifecycleMode;
  /** The embedder's file; null without one. */
  readonly module: string | null;
  readonly ports: WorkerPorts;
}

/** Besides the thread's own port. */
export interface WorkerPorts {
  readonly blocks: MessagePort;
  readonly questions: MessagePort;
  /** A message here ends the thread, after its turn. */
  readonly ending: MessagePort;
  /** Where the thread says that it has loaded. */
  readonly loaded: Int32Array;
  /** Counts the questions that were answered. */
  readonly answered: Int32Array;
  /** By which the thread borrows the mail and the accounts of the main thread; null where the embedder has them. */
  readonly mail: MessagePort | null;
  /** By which the thread asks the main thread's fleet about its clients; null without a fleet. */
  readonly fleet: MessagePort | null;
}

/** What a thread that begins to serve has to know; a predecessor may have said it after the thread had begun. */
export interface ServeRequest {
  readonly generation: number;
  /** The listeners that accept nobody. */
  readonly paused: readonly string[];
  /** A predecessor's, perhaps: its clients go on with their sessions. */
  readonly ticketSecret: Uint8Array;
  /** In force, with those that were issued since the thread began. */
  readonly certificates: ServerCertificates;
  /** What is being proved to authorities. */
  readonly proofs: readonly Proof[];
}

/** The certificate that proves the control of a domain; null for no longer. */
export interface Proof {
  readonly domain: string;
  readonly pem: ChallengePem | null;
}

export interface WorkerCalls {
  /** Everything is bound everywhere: serve. */
  readonly serve: { readonly request: ServeRequest; readonly reply: null };
  readonly suspend: { readonly request: string; readonly reply: null };
  readonly resume: { readonly request: string; readonly reply: null };
  /** These are served from the next handshake on. */
  readonly certificates: { readonly request: ServerCertificates; readonly reply: null };
  /** Keys of session tickets are made of this from here on. */
  readonly ticketSecret: { readonly request: Uint8Array; readonly reply: null };
  readonly prove: { readonly request: Proof; readonly reply: null };
  readonly stage: { readonly request: WorkerDocument; readonly reply: null };
  readonly swap: { readonly request: null; readonly reply: null };
  readonly retire: { readonly request: null; readonly reply: null };
  readonly discard: { readonly request: null; readonly reply: null };
  /** Answered when everything has ended. */
  readonly stop: { readonly request: { readonly wait: boolean }; readonly reply: null };
  readonly want: { readonly request: WantedEvents; readonly reply: null };
  /** Connections are inspected until the port closes, on which batches go out, and an answer to each comes in. */
  readonly inspect: { readonly request: { readonly order: object; readonly port: MessagePort }; readonly reply: null };
}

export type WorkerCallName = keyof WorkerCalls;

export type WorkerRequest = {
  [Name in WorkerCallName]: {
    readonly number: number;
    readonly call: Name;
    readonly request: WorkerCalls[Name]["request"];
  };
}[WorkerCallName];

/** An error on its way between threads, where only its words and its code are kept. */
export interface SentError {
  readonly message: string;
  readonly code: string | null;
}

export type WorkerAnswer =
  | { readonly kind: "answer"; readonly number: number; readonly error: SentError | null }
  /** Everything is read and bound. */
  | { readonly kind: "ready" }
  | { readonly kind: "events"; readonly batch: EventBatch };

/** A change of the block list, on a port of its own. */
export type BlockChange = { readonly add: BlockedAddress } | { readonly remove: string };

/** What the main thread wants to know at once. */
export type WorkerQuestion =
  | {
      readonly ask: "connections";
      readonly wanted: { readonly listener?: string; readonly address?: string; readonly state?: string };
    }
  | { readonly ask: "connection"; readonly id: string }
  | { readonly ask: "states" }
  /** How many connections of each listener are in each state. */
  | { readonly ask: "counts" }
  | { readonly ask: "close"; readonly id: string; readonly now: boolean };
