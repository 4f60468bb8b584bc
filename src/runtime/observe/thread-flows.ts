/** The transitions that actors of other threads have passed, while somebody here counts them. */
import type { MessagePort } from "node:worker_threads";
import { type Flows, sumOfFlows } from "./flow-counts.ts";
import type { InspectedThread, ThreadsInspector } from "./inspection.ts";

/** How often a thread says what it has counted, in milliseconds: pages get it once a second. */
const interval = 250;

/** What a thread is asked that is to count. */
export const countFlows = { flows: "count" } as const;

export class ThreadFlows implements ThreadsInspector {
  readonly connection = null;
  readonly #latest = new Map<string, Flows>();
  #ended: Flows = { all: {}, failing: {} };

  begin(): object {
    return countFlows;
  }

  take(batch: object, { idPrefix }: InspectedThread): void {
    this.#latest.set(idPrefix, batch as Flows);
  }

  /** Numbers only grow, so those of a thread that has ended stay. */
  end({ idPrefix }: InspectedThread): void {
    const latest = this.#latest.get(idPrefix);
    if (latest) this.#ended = sumOfFlows([this.#ended, latest]);
    this.#latest.delete(idPrefix);
  }

  get counts(): Flows {
    return sumOfFlows([this.#ended, ...this.#latest.values()]);
  }
}

/** The side in the thread: counts until the port closes. */
export function sendFlows(flows: { count(): () => void; readonly counts: Flows }, port: MessagePort): void {
  const end = flows.count();
  let isUnderWay = false;
  const timer = setInterval(() => {
    if (isUnderWay) return;
    isUnderWay = true;
    port.postMessage(flows.counts);
  }, interval);
  port.on("message", () => {
    isUnderWay = false;
  });
  port.on("close", () => {
    clearInterval(timer);
    end();
  });
}
