/**
 * Ends threads of workers while they declare functions of the C library, and says so of each; or the whole process, with the
 * argument `exit`.
 */
import { WorkerThread } from "../../../src/runtime/workers/worker-thread.ts";

interface Declaring {
  readonly thread: WorkerThread;
  /** Resolves when it has declared so many in all. */
  declared(count: number): Promise<void>;
  /** So many up to now. */
  count(): number;
  /** It declares a last thousand. */
  goOn(): void;
}

async function begin(worker: number): Promise<Declaring> {
  const moments = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const declaring = {
    thread: new WorkerThread(
      { entry: new URL("./declaring-thread.ts", import.meta.url), resourceLimits: {} },
      // Nothing else of it is asked for before a thread serves.
      { worker, moments, mail: null, fleet: null } as unknown as ConstructorParameters<typeof WorkerThread>[1],
      { events: () => {}, ended: (error) => process.stdout.write(`${error ?? "ended"}\n`) },
    ),
    async declared(count: number): Promise<void> {
      for (let before = 0; before < count; before = Atomics.load(moments, 0))
        await Atomics.waitAsync(moments, 0, before).value;
    },
    count: () => Atomics.load(moments, 0),
    goOn: () => void Atomics.store(moments, 1, 1),
  };
  await declaring.declared(1);
  return declaring;
}

async function end({ thread, declared, count, goOn }: Declaring): Promise<void> {
  const ended = thread.end();
  await Promise.race([declared(count() + 100), ended]);
  goOn();
  await ended;
}

// One that is ended in mid-work would do so between two declarations now and then.
const all = await Promise.all(Array.from({ length: 12 }, (_, index) => begin(index + 1)));
if (process.argv[2] === "exit") {
  for (const { goOn } of all) goOn();
  process.exit();
}
await Promise.all(all.map(end));
