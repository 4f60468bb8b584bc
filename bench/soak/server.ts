/** The server of the soak, in its own process: reloads the documents it gets, and reports its state. */
import { readdirSync } from "node:fs";
import { createGatehouse, ReloadError } from "../../src/index.ts";

export type Request =
  | { readonly type: "start" | "reload"; readonly document: object }
  /** Answered when the replaced certificate files are served. */
  | { readonly type: "certificates" }
  | { readonly type: "facts" };

export interface Outcome {
  readonly outcome: "carried out" | "rejected";
  readonly error: string | null;
}

export interface Facts {
  readonly ports: Readonly<Record<string, number>>;
  /** Open connections, by the server's count. */
  readonly connections: number;
  /** Slots taken, by the counters of the server and of every listener. */
  readonly slots: number;
  readonly descriptors: number;
  /** Octets, after a garbage collection. */
  readonly heap: number;
  readonly rss: number;
}

let gatehouse: ReturnType<typeof createGatehouse> | null = null;
let certificatesChanged = 0;

async function answer(request: Request): Promise<Outcome | Facts> {
  switch (request.type) {
    case "start":
      await start(request.document);
      return facts();
    case "reload":
      return running()
        .reload(request.document)
        .then(
          () => ({ outcome: "carried out" as const, error: null }),
          (error: unknown) => ({ outcome: "rejected" as const, error: String(error) }),
        );
    case "certificates": {
      certificatesChanged -= 1;
      while (certificatesChanged < 0) await new Promise((resolve) => setTimeout(resolve, 5));
      return { outcome: "carried out", error: null };
    }
    case "facts":
      return facts();
  }
}

async function start(config: object): Promise<void> {
  gatehouse = createGatehouse({
    config,
    backend: {
      recipient: async () => undefined,
      message: async ({ body }) => {
        for await (const _chunk of body);
        return undefined;
      },
    },
  });
  gatehouse.lifecycle$.subscribe((event) => {
    if (event.type === "reload.carriedOut" && event.certificatesChanged) certificatesChanged += 1;
    if (event.type === "reload.rejected" && !(event.error instanceof ReloadError)) throw event.error;
  });
  await gatehouse.start();
}

function running(): ReturnType<typeof createGatehouse> {
  if (!gatehouse) throw new Error("The server has not been started.");
  return gatehouse;
}

async function facts(): Promise<Facts> {
  const { metrics, listeners, connections } = running();
  const slots = await metrics.registry.getSingleMetric("gatehouse_slots_taken")?.get();
  globalThis.gc?.();
  const { heapUsed: heap, rss } = process.memoryUsage();
  return {
    ports: Object.fromEntries(listeners().map(({ name, addresses: [bound] }) => [name, bound?.port ?? 0])),
    connections: connections().length,
    slots: (slots?.values ?? []).reduce((sum, { value }) => sum + value, 0),
    descriptors: readdirSync("/proc/self/fd").length,
    heap,
    rss,
  };
}

process.on("message", (request: Request) => {
  answer(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ outcome: "rejected", error: String(error) } satisfies Outcome),
  );
});
process.on("disconnect", () => process.exit());
