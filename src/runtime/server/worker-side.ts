/** A worker's side: follows what the main thread asks for, on a server that serves in this thread alone. */
import { type MessagePort, parentPort } from "node:worker_threads";
import { checkedConfiguration } from "../../config/index.ts";
import type { ConnectionWatchers } from "../observe/connection-watchers.ts";
import { sendFlows } from "../observe/thread-flows.ts";
import type { ReloadTransaction } from "../reload/reload.ts";
import { Descriptor } from "../sockets/descriptor.ts";
import { ExclusiveWakes } from "../sockets/exclusive-wakes.ts";
import { InheritedSockets } from "../sockets/inherited-sockets.ts";
import type { Libc } from "../sockets/libc.ts";
import type { ServerCertificates } from "../tls/server-certificates.ts";
import { EventSender } from "../workers/forwarded-events.ts";
import type { WorkerMemory } from "../workers/worker-memory.ts";
import type {
  HandedSocket,
  SentError,
  ServeRequest,
  WorkerAnswer,
  WorkerDocument,
  WorkerQuestion,
  WorkerRequest,
  WorkerStart,
} from "../workers/worker-messages.ts";
import { connectionCounts } from "./connection-counts.ts";
import { stopAcceptingEverywhere } from "./hand-over.ts";
import type { Server } from "./server.ts";
import { countStates } from "./state-counts.ts";
import { statusesOf, statusOf } from "./watched-connections.ts";

/** The part of an inspection that is in a worker's thread, until the port closes. */
export type InspectHere = (
  order: object,
  place: { readonly port: MessagePort; readonly watchers: ConnectionWatchers },
) => void;

export interface WorkerSideOptions {
  readonly start: WorkerStart;
  readonly memory: WorkerMemory;
  readonly libc: Libc;
  /** Loads what inspects connections, which is not needed before somebody wants it. */
  loadInspection(): Promise<InspectHere>;
}

export class WorkerSide {
  readonly sockets = new InheritedSockets();
  readonly #start: WorkerStart;
  readonly #memory: WorkerMemory;
  readonly #libc: Libc;
  readonly #loadInspection: WorkerSideOptions["loadInspection"];
  readonly #wakes: ExclusiveWakes;
  readonly #mayServe = Promise.withResolvers<void>();
  readonly #sender = new EventSender((batch) => send({ kind: "events", batch }));
  #certificates: ServerCertificates;
  #transaction: ReloadTransaction | null = null;

  constructor({ start, memory, libc, loadInspection }: WorkerSideOptions) {
    this.#start = start;
    this.#memory = memory;
    this.#libc = libc;
    this.#loadInspection = loadInspection;
    this.#wakes = new ExclusiveWakes(libc, memory.turns);
    this.#certificates = start.certificates;
    this.#follow(start);
  }

  get certificates(): ServerCertificates {
    return this.#certificates;
  }

  /** Everything is read and bound: waits until the main thread lets it serve. */
  async bound(): Promise<void> {
    send({ kind: "ready" });
    await this.#mayServe.promise;
  }

  /** Runs the server until the main thread ends it. */
  async run(server: Server): Promise<void> {
    const { ports, wanted } = this.#start;
    this.#sender.follow(server.lifecycle, wanted);
    // Called whenever the thread ends but by `terminate()` and for want of memory.
    process.once("exit", () => {
      // The event loop goes on to the end of its turn, and would accept clients whom no code can serve.
      for (const listener of server.listeners) listener.acceptNoMore();
      // What an uncaught error leaves behind is reported before the thread ends.
      this.#sender.flush();
    });
    ports.questions.on("message", ({ number, question }: { number: number; question: WorkerQuestion }) => {
      ports.questions.postMessage({ number, answer: answerTo(server, question) });
      Atomics.store(ports.answered, 0, number);
      Atomics.notify(ports.answered, 0);
    });
    const starting = server.start();
    starting.catch(() => {});
    parentPort?.on("message", (request: WorkerRequest) => {
      this.#carryOut(server, request, starting).then(
        () => send({ kind: "answer", number: request.number, error: null }),
        (error: unknown) => send({ kind: "answer", number: request.number, error: sentError(error) }),
      );
    });
    await starting;
  }

  async #carryOut(server: Server, request: WorkerRequest, starting: Promise<void>): Promise<void> {
    switch (request.call) {
      case "serve":
        await this.#follows(server, request.request);
        this.#mayServe.resolve();
        return starting;
      case "suspend":
        await starting;
        return accepts(server, request.request) ? server.suspend(request.request) : undefined;
      case "resume":
        await starting;
        return accepts(server, request.request) ? server.resume(request.request) : undefined;
      case "certificates":
        await starting;
        return server.serveCertificates(request.request);
      case "ticketSecret":
        await starting;
        server.useTicketSecret(request.request);
        return;
      case "prove":
        await starting;
        return server.prove(request.request.domain, request.request.pem);
      case "stage":
        return this.#stage(server, request.request);
      case "swap":
        return this.#transaction?.swap();
      case "retire":
        await this.#transaction?.retire();
        this.#transaction = null;
        return;
      case "discard":
        await this.#transaction?.discard();
        this.#transaction = null;
        return;
      case "stop":
        // Whoever is accepted in the last moment is served as anybody else, since the server may go on without this worker.
        if (request.request.wait) await stopAcceptingEverywhere(server);
        await server.stop(request.request);
        this.#sender.flush();
        // Whatever else the thread has going would keep it.
        setImmediate(() => process.exit());
        return;
      case "want":
        this.#sender.follow(server.lifecycle, request.request);
        return;
      case "inspect": {
        const { order, port } = request.request;
        if ("flows" in order) {
          sendFlows(server.flows, port);
          return;
        }
        const inspectHere = await this.#loadInspection();
        inspectHere(order, { port, watchers: server.watchers });
        return;
      }
    }
  }

  async #follows(server: Server, inForce: ServeRequest): Promise<void> {
    const { generation, paused, ticketSecret, certificates, proofs } = inForce;
    server.countFrom(generation);
    server.useTicketSecret(ticketSecret);
    await server.serveCertificates(certificates);
    for (const { domain, pem } of proofs) await server.prove(domain, pem);
    for (const listener of server.served) if (paused.includes(listener.name)) listener.beginSuspended();
  }

  async #stage(server: Server, document: WorkerDocument): Promise<void> {
    this.#follow(document);
    this.#certificates = document.certificates;
    const transaction = server.transaction(checkedConfiguration(document.document));
    this.#transaction = transaction;
    transaction.plan();
    await transaction.stage(new AbortController().signal);
  }

  #follow({ sockets, memory }: WorkerDocument): void {
    this.#memory.follow(memory);
    const lent = sockets.map(({ address, ipv6Only, descriptor }: HandedSocket) => ({
      address,
      ipv6Only,
      name: null,
      descriptor: new Descriptor(this.#libc, descriptor),
      lent: this.#wakes,
    }));
    this.sockets.replace(lent);
  }
}

/** A worker that was let go, and finishes its sessions, accepts nobody any more. */
function accepts(server: Server, listener: string): boolean {
  return server.state === "running" && server.has(listener);
}

function answerTo(server: Server, question: WorkerQuestion): unknown {
  switch (question.ask) {
    case "connections":
      return statusesOf(server.connections(), question.wanted);
    case "connection": {
      const connection = server.connection(question.id);
      return connection && statusOf(connection);
    }
    case "counts":
      return connectionCounts(server.listeners);
    case "states":
      return countStates(server);
    case "close":
      return server.close(question.id, question);
  }
}

function send(answer: WorkerAnswer): void {
  parentPort?.postMessage(answer);
}

function sentError(error: unknown): SentError {
  if (!(error instanceof Error)) return { message: String(error), code: null };
  return { message: error.message, code: "code" in error ? String(error.code) : null };
}
