/** The side of an inspection that is in the thread of the connections: chooses, sanitises, and sends what is to be seen. */
import type { MessagePort } from "node:worker_threads";
import type { ConnectionWatchers, WatchedConnection } from "../../runtime/observe/connection-watchers.ts";
import type { ChartSanitizer } from "../sanitizer.ts";
import { giveBackWatched, Selection } from "../selection.ts";
import { connectionInspector } from "../tree.ts";
import { BatchQueue } from "./batch-queue.ts";
import type { CarriedBatch, InspectionOrder } from "./carried-batch.ts";

export interface InspectedPlace {
  readonly port: MessagePort;
  readonly watchers: Pick<ConnectionWatchers, "pick" | "find" | "release" | "living">;
}

/**
 * @param sanitize what may be shown of an embedder's own charts; those of the main thread's tree are functions, which
 * cannot get here.
 * @returns begins with an order, and ends when the port closes.
 */
export function inspectionHere(sanitize: Readonly<Record<string, ChartSanitizer>> | undefined) {
  return (order: object, { port, watchers }: InspectedPlace): void => {
    const { selection: chosen, connection: wanted, open } = order as InspectionOrder;
    const selection = new Selection(chosen.options, chosen.counts);
    const send = (batch: CarriedBatch): void => port.postMessage(batch);
    const queue = new BatchQueue(send);
    const inspector = connectionInspector((event) => queue.add(event), { selection, sanitize });
    const watch = (connection: WatchedConnection): void => {
      // Nobody could follow it anyhow.
      if (queue.isFull) {
        selection.leaveOut();
        return;
      }
      const { facts, proxied } = connection;
      const watching = inspector.watch(facts, proxied, connection);
      if (watching) connection.watch(watching, inspector);
    };
    const flush = (): void => queue.flush();
    // What an uncaught error leaves behind.
    process.once("exit", flush);
    port.on("message", () => queue.taken());
    let stopPicking = (): unknown => undefined;
    port.on("close", () => {
      process.off("exit", flush);
      stopPicking();
      watchers.release(inspector);
      giveBackWatched(chosen.counts);
    });
    if (wanted === null) {
      if (open) for (const connection of watchers.living()) watch(connection);
      stopPicking = watchers.pick(watch);
      return;
    }
    const connection = watchers.find(wanted);
    if (connection) watch(connection);
    else send({ definitions: new Map(), events: [], gone: true });
  };
}
