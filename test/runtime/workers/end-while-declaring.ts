/** Ends threads of workers while they declare functions of the C library, and says so of each. */
import { WorkerThread } from "../../../src/runtime/workers/worker-thread.ts";

async function endOne(worker: number): Promise<void> {
  const moments = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const declared = async (count: number): Promise<void> => {
    for (let before = 0; before < count; before = Atomics.load(moments, 0))
      await Atomics.waitAsync(moments, 0, before).value;
  };
  const thread = new WorkerThread(
    { entry: new URL("./declaring-thread.ts", import.meta.url), resourceLimits: {} },
    // Nothing else of it is asked for before a thread serves.
    { worker, moments, mail: null, fleet: null } as unknown as ConstructorParameters<typeof WorkerThread>[1],
    { events: () => {}, ended: (error) => process.stdout.write(`${error ?? "ended"}\n`) },
  );
  await declared(1);
  const ended = thread.end();
  await Promise.race([declared(Atomics.load(moments, 0) + 100), ended]);
  Atomics.store(moments, 1, 1);
  await ended;
}

// One that is ended in mid-work would do so between two declarations now and then.
await Promise.all(Array.from({ length: 12 }, (_, index) => endOne(index + 1)));
