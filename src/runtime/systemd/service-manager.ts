/** Notifies the service manager (systemd) of the server's state: sd_notify(3), as a subscriber of lifecycle events. */
import { constants } from "node:os";
import type { Observable, Subscription } from "rxjs";
import { messageOf } from "../../config/values/thrown.ts";
import type { LifecycleEvent } from "../observe/lifecycle.ts";
import { loadLibc } from "../sockets/libc.ts";
import { type Assignments, NotifySocket, NotifySocketError } from "./notify-socket.ts";

/**
 * How much longer than `drainTimeout` a stop may take: 5 seconds of closing, then the store is closed. Milliseconds.
 */
const endAllowance = 15_000;

/** The part of a `Gatehouse` that the service manager needs. */
export interface NotifyingServer {
  readonly lifecycle$: Observable<LifecycleEvent>;
  readonly configuration: { readonly system: { readonly drainTimeout: number } };
}

/** The service manager that started this process and waits for notifications. */
export class ServiceManager {
  readonly #socket: NotifySocket | null;
  /** Milliseconds between two keep-alives; null when none are required. */
  readonly #watchdogInterval: number | null;
  #watchdog: NodeJS.Timeout | undefined;
  #reloading = false;
  /** The service manager listens to this process. */
  #isMain = true;
  /** What a successor needs to find the service manager, too. */
  readonly environment: NodeJS.ProcessEnv;

  private constructor(
    socket: NotifySocket | null,
    watchdogInterval: number | null,
    environment: NodeJS.ProcessEnv = {},
  ) {
    this.#socket = socket;
    this.#watchdogInterval = watchdogInterval;
    this.environment = environment;
  }

  /** Notifies nobody. */
  static readonly none = new ServiceManager(null, null);

  /**
   * The one that `NOTIFY_SOCKET` names; without it nobody is notified. The variables are removed, so that no child
   * notifies in this process's name.
   * @throws NotifySocketError when the variable names no UNIX socket, or this platform cannot use one.
   */
  static async find(environment: NodeJS.ProcessEnv = process.env): Promise<ServiceManager> {
    const { NOTIFY_SOCKET: path, WATCHDOG_USEC: watchdog, WATCHDOG_PID: watched } = environment;
    for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete environment[name];
    if (!path) return ServiceManager.none;
    const { libc, reason } = await loadLibc();
    if (libc === null) throw new NotifySocketError(path, reason);
    const isWatched = Number(watchdog) > 0 && (watched === undefined || Number(watched) === process.pid);
    // Half of the limit, as sd_watchdog_enabled(3) recommends.
    const interval = isWatched ? Number(watchdog) / 2_000 : null;
    // The successor is watched as the main process, whatever its number.
    return new ServiceManager(new NotifySocket(libc, path), interval, {
      NOTIFY_SOCKET: path,
      ...(isWatched ? { WATCHDOG_USEC: watchdog } : {}),
    });
  }

  /**
   * Reports the server's state: READY, RELOADING, STOPPING, and why a start failed. Call it before `start()`.
   * @returns a subscription that stops the notifications; it ends with the server, too.
   */
  follow(server: NotifyingServer): Subscription {
    const subscription = server.lifecycle$.subscribe((event) => this.#on(event, server));
    subscription.add(() => clearInterval(this.#watchdog));
    return subscription;
  }

  /** Reports a start that failed before there was a server. */
  failed(error: unknown): void {
    const errno = errnoIn(error);
    this.#send({ STATUS: statusOf(error), ...(errno === null ? {} : { ERRNO: errno }) });
  }

  /** Stops all notifications. Safe to call again. */
  close(): void {
    clearInterval(this.#watchdog);
    this.#socket?.close();
  }

  #on(event: LifecycleEvent, { configuration }: NotifyingServer): void {
    switch (event.type) {
      case "server.starting":
        this.#send({ STATUS: "Starting" });
        this.#feedWatchdog();
        break;
      case "server.running":
        this.#send({ READY: 1, STATUS: `Running with ${counted(event.listeners, "listener")}` });
        break;
      case "reload.validating":
        this.#reload();
        break;
      case "reload.carriedOut":
        this.#reloaded(`Running with document ${event.generation}`);
        break;
      case "reload.rejected":
        this.#reloaded(`Running; a document was rejected: ${statusOf(event.error)}`);
        break;
      case "upgrade.warming":
        this.#reload("Upgrading");
        break;
      case "upgrade.failed":
        this.#reloaded(`Running; an upgrade failed: ${statusOf(event.error)}`);
        break;
      case "upgrade.draining":
        this.#send({ MAINPID: event.pid, STATUS: "Upgraded" });
        // READY comes from the successor, which is the main process now; this one has nothing to say any more.
        this.#isMain = false;
        clearInterval(this.#watchdog);
        break;
      case "server.draining":
        this.#send({
          STOPPING: 1,
          STATUS: `Draining ${counted(event.connections, "connection")}`,
          EXTEND_TIMEOUT_USEC: (configuration.system.drainTimeout + endAllowance) * 1_000,
        });
        break;
      case "server.failed":
        this.failed(event.error);
        break;
    }
  }

  /** Type=notify-reload needs to see that the reload began after its SIGHUP. */
  #reload(status = "Reloading"): void {
    this.#reloading = true;
    this.#send({ RELOADING: 1, MONOTONIC_USEC: String(process.hrtime.bigint() / 1_000n), STATUS: status });
  }

  /** A document that cannot even be read is rejected before any reload begins. */
  #reloaded(status: string): void {
    if (!this.#reloading) this.#reload();
    this.#reloading = false;
    this.#send({ READY: 1, STATUS: status });
  }

  #feedWatchdog(): void {
    if (this.#watchdogInterval === null) return;
    this.#watchdog = setInterval(() => this.#send({ WATCHDOG: 1 }), this.#watchdogInterval);
    this.#watchdog.unref();
  }

  #send(assignments: Assignments): void {
    if (!this.#isMain) return;
    try {
      this.#socket?.send(assignments);
    } catch (error) {
      // The server works without it; a manager that waits for READY reports that it did not come.
      if (!(error instanceof NotifySocketError)) throw error;
    }
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** The first line: the log has all of it. */
function statusOf(error: unknown): string {
  return messageOf(error).split("\n", 1)[0] ?? "";
}

/** The first system error among all those of an aggregate. */
function errnoIn(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  const names = [Reflect.get(error, "errno"), Reflect.get(error, "code")];
  for (const name of names) {
    const number = typeof name === "string" ? (constants.errno as Record<string, number>)[name] : undefined;
    if (number !== undefined) return number;
  }
  for (const inner of error instanceof AggregateError ? error.errors : []) {
    const number = errnoIn(inner);
    if (number !== null) return number;
  }
  return null;
}
