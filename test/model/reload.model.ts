/** The reload's chart, and how each of its events comes about. */
import type { AnyEventObject } from "xstate";
import { createGatehouse, type Gatehouse } from "../../src/index.ts";
import { reloadMachine } from "../../src/machines/index.ts";
import { AF_INET, type Libc, loadLibc, SOCK_CLOEXEC, SOCK_STREAM } from "../../src/runtime/sockets/libc.ts";
import { encodeSockaddr } from "../../src/runtime/sockets/sockaddr.ts";
import {
  type Bench,
  type Difference,
  Driver,
  type Model,
  type Situation,
  type Stimulus,
} from "../../src/testing/index.ts";
import { freePort } from "../free-port.ts";
import { issue } from "../runtime/tls/certificate-fixtures.ts";
import { talkListener } from "./listener-world.ts";
import { newTalk, talkProtocol } from "./talk-protocol.ts";

const reuseAddress = { level: 1, option: 2 };
const pairs = [await issue({ names: ["localhost"] }), await issue({ names: ["localhost"] })];

export class ReloadWorld extends Driver {
  readonly house: Gatehouse;
  /** The port of the listener `main`. */
  readonly mainPort: number;
  readonly #libc: Libc;
  /** Codes of the errors that documents were rejected with. */
  readonly rejections: string[] = [];
  readonly #occupied: number[] = [];

  constructor(bench: Bench, { libc, port }: { libc: Libc; port: number }) {
    const house = createGatehouse({
      ...bench.options,
      config: documentOf(port),
      protocols: [talkProtocol(newTalk())],
      backend: {},
    });
    super(house, bench);
    this.house = house;
    this.#libc = libc;
    this.mainPort = port;
  }

  /** Rejected documents are expected. */
  submit(document: object): void {
    this.begin(
      this.house.reload(document).catch((error: unknown) => {
        this.rejections.push(codeOf(error));
      }),
    );
  }

  /** Somebody else listens on a port, from this very moment on. */
  occupy(port: number): void {
    const libc = this.#libc;
    const fd = libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    libc.setsockopt(fd, reuseAddress, 1);
    const bound = libc.bind(fd, encodeSockaddr({ address: "127.0.0.1", port, family: 4 }));
    const listens = libc.listen(fd, 1);
    this.#occupied.push(fd);
    if (bound < 0 || listens < 0) throw new Error(`The port ${port} could not be taken: ${bound}, ${listens}.`);
  }

  override async close(): Promise<void> {
    await super.close();
    for (const fd of this.#occupied) this.#libc.close(fd);
  }
}

interface Wanted {
  readonly others?: readonly object[];
  readonly main?: object | null;
  readonly certificate?: number;
}

function documentOf(port: number, { others = [], main = {}, certificate = 0 }: Wanted = {}): object {
  const pair = pairs[certificate];
  const fixed = { bind: [`127.0.0.1:${port}`], socketReusePort: false, useTls: true };
  return {
    SystemSettings: { defaultHostname: "localhost" },
    Certificate: {
      main: {
        certificate: { "@type": "Text", value: pair?.certificate },
        privateKey: { "@type": "Text", secret: pair?.privateKey },
      },
    },
    NetworkListener: [...(main === null ? [] : [talkListener("main", { ...fixed, ...main })]), ...others],
  };
}

type ReloadStimulus = Stimulus<ReloadWorld>;
type ReloadState = "validating" | "staging" | "swapping" | "retiring" | "rollingBack";

const outcome = (kind: "done" | "error", state: ReloadState): AnyEventObject => ({
  type: `xstate.${kind}.actor.0.reload.${state}`,
});
const arrived = { type: "document.arrived", document: 1 };
const ends = { type: "reload.stop" };
const carriedOut = (["validating", "staging", "swapping", "retiring"] as const).map((state) => outcome("done", state));
const undone = [outcome("done", "validating"), outcome("error", "staging"), outcome("done", "rollingBack")];

const idle = ({ snapshot }: Situation): boolean => snapshot.value === "idle";
const submits = (name: string, wanted: (world: ReloadWorld) => Wanted): ReloadStimulus => ({
  name,
  events: [arrived, ...carriedOut],
  possible: (at) => idle(at) && !at.facts.has("occupied"),
  apply: (world) => world.submit(documentOf(world.mainPort, wanted(world))),
});

const documents: readonly ReloadStimulus[] = [
  submits("a document arrives that changes nothing", () => ({})),
  submits("a document arrives that adds a listener", () => ({ others: [talkListener("other")] })),
  submits("a document arrives that retunes a listener", () => ({ main: { maxConnections: 7 } })),
  submits("a document arrives with another certificate", () => ({ certificate: 1 })),
  submits("a document arrives that moves an address to another listener", ({ mainPort }) => ({
    main: null,
    others: [talkListener("heir", { bind: [`127.0.0.1:${mainPort}`], socketReusePort: false })],
  })),
  {
    name: "a document arrives that needs a restart",
    events: [arrived, outcome("error", "validating")],
    possible: (at) => idle(at) && !at.facts.has("occupied"),
    apply: (world) =>
      world.submit({
        SystemSettings: { defaultHostname: "localhost" },
        NetworkListener: [talkListener("wide", { bind: [`0.0.0.0:${world.mainPort}`], socketReusePort: false })],
      }),
  },
  {
    name: "a document arrives whose address somebody has",
    events: [arrived, ...undone],
    possible: (at) => idle(at) && !at.facts.has("occupied"),
    leaves: ["occupied"],
    apply: (world) => occupied(world),
  },
  {
    name: "a document arrives, and somebody listens on its address once it is bound",
    events: [arrived, ...carriedOut.slice(0, 2), outcome("error", "swapping"), outcome("done", "rollingBack")],
    possible: (at) => idle(at) && !at.facts.has("occupied"),
    leaves: ["occupied"],
    async apply(world) {
      const port = await freePort();
      world.at({ chart: "listener", id: "listener:late", state: "binding.bound" }, () => world.occupy(port));
      const late = talkListener("late", { bind: [`127.0.0.1:${port}`], socketReusePort: false });
      world.submit(documentOf(world.mainPort, { others: [late] }));
    },
  },
];

async function occupied(world: ReloadWorld): Promise<void> {
  const port = await freePort();
  world.occupy(port);
  world.submit(documentOf(world.mainPort, { others: [talkListener("late", { bind: [`127.0.0.1:${port}`] })] }));
}

const order = ["validating", "staging", "swapping", "retiring"] as const;
/** What has not come to the swap is undone. */
const afterTheEnd = {
  validating: [],
  staging: [outcome("done", "rollingBack")],
  swapping: carriedOut.slice(2),
  retiring: carriedOut.slice(3),
};
const moments: readonly ReloadStimulus[] = [
  ...order.flatMap((state, index): ReloadStimulus[] => [
    {
      name: `a document arrives, and another one when the first is at ${state}`,
      events: [arrived, ...carriedOut.slice(0, index), arrived, ...carriedOut.slice(index), ...carriedOut],
      possible: (at) => idle(at) && !at.facts.has("occupied"),
      apply(world) {
        world.on(`reload.${state}`, () => world.submit(documentOf(world.mainPort)));
        world.submit(documentOf(world.mainPort, { others: [talkListener("other")] }));
      },
    },
    {
      name: `a document arrives, and the server stops when it is at ${state}`,
      events: [arrived, ...carriedOut.slice(0, index), ends, ...afterTheEnd[state]],
      possible: (at) => idle(at) && !at.facts.has("occupied"),
      apply(world) {
        world.on(`reload.${state}`, () => world.begin(world.house.stop({ wait: false })));
        world.submit(documentOf(world.mainPort, { others: [talkListener("other")] }));
      },
    },
  ]),
  {
    name: "a document arrives that cannot be bound, and another one when it is undone",
    events: [arrived, ...undone.slice(0, 2), arrived, ...undone.slice(2), ...carriedOut],
    possible: (at) => idle(at) && !at.facts.has("occupied"),
    leaves: ["occupied"],
    async apply(world) {
      world.on("reload.rollingBack", () => world.submit(documentOf(world.mainPort)));
      await occupied(world);
    },
  },
  {
    name: "a document arrives that cannot be bound, and the server stops when it is undone",
    events: [arrived, ...undone.slice(0, 2), ends, ...undone.slice(2)],
    possible: (at) => idle(at) && !at.facts.has("occupied"),
    leaves: ["occupied"],
    async apply(world) {
      world.on("reload.rollingBack", () => world.begin(world.house.stop({ wait: false })));
      await occupied(world);
    },
  },
  {
    name: "three documents arrive at once",
    events: [arrived, arrived, arrived, ...carriedOut, ...carriedOut],
    possible: (at) => idle(at) && !at.facts.has("occupied"),
    apply(world) {
      for (const name of ["one", "two", "three"])
        world.submit(documentOf(world.mainPort, { others: [talkListener(name)] }));
    },
  },
  {
    name: "the server drains",
    events: [ends],
    possible: idle,
    apply: (world) => world.begin(world.house.stop()),
  },
];

function codeOf(error: unknown): string {
  return String(Reflect.get(Object(error), "code"));
}

/** The generation counts what was carried out, and whoever brought a document has heard of it. */
function compare(world: ReloadWorld, { snapshot }: Situation): Difference[] {
  const { events } = world.bench;
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  // The server's end is told of where the document was under way; a document that gave way is no event.
  const others = events.filter((event) => event.type === "reload.rejected" && codeOf(event.error) !== "reload-stopped");
  const gaveWay = world.rejections.filter((code) => code === "reload-superseded" || code === "reload-stopped");
  const differences: Difference[] = [
    { of: "generation", expected: 1 + count("reload.carriedOut"), actual: world.house.generation },
    { of: "rejections", expected: others.length + gaveWay.length, actual: world.rejections.length },
    { of: "answers", expected: 0, actual: snapshot.value === "idle" ? world.unanswered : 0 },
  ];
  return differences.filter(({ expected, actual }) => expected !== actual);
}

export function reloadModel(): Model<ReloadWorld> {
  return {
    machine: reloadMachine,
    stimuli: [...documents, ...moments],
    async open(bench) {
      const { libc } = await loadLibc();
      if (!libc) throw new Error("The sockets of this model need Linux.");
      const world = new ReloadWorld(bench, { libc, port: await freePort() });
      await world.gatehouse.start();
      return world;
    },
    compare,
  };
}
