/** A server with the listener that is looked at, and what can be done to it. */
import { Subject } from "rxjs";
import { createGatehouse, type Gatehouse, type NetworkListenerInput, type PressureSample } from "../../src/index.ts";
import { type Bench, Driver, type Stimulus } from "../../src/testing/index.ts";
import { sample } from "../runtime/pressure/samples.ts";
import { ScriptedStarts } from "./scripted-successor.ts";
import { newTalk, talkProtocol } from "./talk-protocol.ts";

export const refusalTimeout = 1_000;
/** How often descriptors are looked for. */
export const watchInterval = 500;
export const shortestBackOff = 100;
const longestBackOff = 5_000;

/** What a document has; the listeners hold their clients at the cap. */
export interface Wanted {
  readonly main?: number | null;
  readonly others?: readonly NetworkListenerInput[];
  readonly system?: object;
  readonly drainTimeout?: number;
}

export class ListenerWorld extends Driver {
  readonly #drainTimeout: number;

  readonly #samples$: Subject<PressureSample>;
  readonly #starts: ScriptedStarts;
  readonly #house: Gatehouse;

  constructor(bench: Bench, wanted: Wanted & { readonly drainTimeout: number }) {
    const samples$ = new Subject<PressureSample>();
    const starts = new ScriptedStarts();
    const house = createGatehouse({
      ...bench.options,
      pressure: { samples$ },
      config: documentOf(wanted),
      protocols: [talkProtocol(newTalk())],
      backend: {},
      predecessor: null,
      startSuccessor: starts.start,
    });
    super(house, bench);
    this.#house = house;
    this.#starts = starts;
    this.#drainTimeout = wanted.drainTimeout;
    this.#samples$ = samples$;
  }

  /** The process is under pressure from this very moment on, or no longer. */
  press(under: boolean): void {
    this.#samples$.next(sample({ descriptors: under ? 1_000 : 0 }));
  }

  /** A successor is ready to take over. */
  async handOver(): Promise<void> {
    this.begin(this.#house.upgrade());
    await this.until(() => this.#starts.last !== null);
    await this.#starts.successor.isReady();
  }

  /** It does not. */
  takeBack(): void {
    this.#starts.successor.end("it ended with exit status 1");
  }

  async put(wanted: Wanted): Promise<void> {
    await this.gatehouse.reload(documentOf({ drainTimeout: this.#drainTimeout, ...wanted }));
  }

  /** A client who stays, whatever the server wishes. */
  async visitor(listener: string): Promise<void> {
    const client = await this.connect(listener);
    client.line("BUSY");
    await client.until("BUSY ok");
  }

  /** When something happens to the listener that is looked at. */
  when(state: string, act: () => void): void {
    this.at({ chart: "listener", state, id: this.followedId }, act);
  }

  followedId = "listener:main";

  /** The next look for descriptors. */
  get backOff(): number {
    const retries: number = this.followed?.snapshot.context.retries ?? 0;
    return Math.min(shortestBackOff * 2 ** retries, longestBackOff);
  }

  get backgroundSuspend(): () => void {
    return () => this.begin(this.gatehouse.suspend("main"));
  }

  get backgroundResume(): () => void {
    return () => this.begin(this.gatehouse.resume("main"));
  }

  get backgroundStop(): () => void {
    return () => this.begin(this.gatehouse.stop({ wait: false }));
  }
}

export function talkListener(name: string, fields: object = {}): NetworkListenerInput {
  return { name, protocol: "talk", bind: ["127.0.0.1:0"], useTls: false, atCapacity: "hold", ...fields };
}

function documentOf({
  main = 1,
  others = [talkListener("other")],
  system = {},
  drainTimeout = 30_000,
}: Wanted): object {
  const listeners = main === null ? others : [talkListener("main", { maxConnections: main }), ...others];
  return { SystemSettings: { defaultHostname: "localhost", drainTimeout, ...system }, NetworkListener: listeners };
}

export type ListenerStimulus = Stimulus<ListenerWorld>;
