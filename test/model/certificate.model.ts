/** The chart of a certificate that renews itself, and how each of its events comes about. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnyEventObject } from "xstate";
import { createGatehouse, type Gatehouse, StartError } from "../../src/index.ts";
import { CertificateTimeoutError, certificateMachine } from "../../src/machines/certificate.ts";
import { newPrivateKey } from "../../src/runtime/acme/jws.ts";
import { certificateRequest } from "../../src/runtime/acme/x509.ts";
import { unixTimeOf } from "../../src/runtime/time/clock.ts";
import {
  type Bench,
  type Difference,
  Driver,
  type Model,
  type Situation,
  type Stimulus,
} from "../../src/testing/index.ts";
import type { AcmeFault, AcmeServer, Resource } from "../runtime/acme/acme-server.ts";
import type { OrdersEngine } from "./orders-engine.ts";

export const domain = "mail.example.com";
const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** What an earlier process has left: when its next attempt may be made, and after how many failures. */
export const leftPause = 2 * MINUTE;
export const leftFailures = 2;
/** When the authority wants to be asked about the renewal again. */
const look = 3 * MINUTE;

const laterThan = (time: number, distance: number): string => new Date(time + distance).toISOString();

interface Left {
  readonly certificate?: boolean;
  readonly failures?: number;
}

/** A server whose authority answers nothing in a state until it is told to. */
export class CertificateWorld extends Driver {
  readonly house: Gatehouse;
  readonly acme: AcmeServer;
  /** Of the fleet, if the server is a node of one. */
  readonly engine: OrdersEngine | null;
  readonly data: string;
  /** The entry into a state that the authority answers, as a count; others wait. */
  #open = false;
  #held: (() => void)[] = [];

  constructor(bench: Bench, acme: AcmeServer, engine: OrdersEngine | null = null) {
    const data = mkdtempSync(join(tmpdir(), "gatehouse-certificate-"));
    const house = createGatehouse({
      ...bench.options,
      ...(engine && { openEngine: engine.open }),
      dataDirectory: data,
      backend: {},
      config: {
        SystemSettings: { defaultHostname: "localhost", ...(engine && { cluster: engine.cluster }) },
        Certificate: { main: { "@type": "Acme", directory: acme.directory, domains: [domain], challenge: "http-01" } },
        NetworkListener: [{ name: "web", protocol: "http", bind: ["127.0.0.1:0"], useTls: false }],
      },
    });
    super(house, bench);
    this.house = house;
    this.acme = acme;
    this.engine = engine;
    this.data = data;
    acme.faults.clear();
    acme.orders.clear();
    acme.suggested = { start: laterThan(Date.now(), 30 * DAY), end: laterThan(Date.now(), 30 * DAY + SECOND) };
    acme.askAgain = look / SECOND;
    acme.beforeAnswer = async () => {
      if (!this.#open) await new Promise<void>((resolve) => this.#held.push(resolve));
    };
    // Whatever state comes next, the authority waits in it.
    bench.observation.onState(({ chart }) => {
      if (chart === "certificate") this.#open = false;
    });
  }

  /** The server starts, with what another process has left. */
  async starts({ certificate = false, failures = 0 }: Left = {}): Promise<void> {
    const now = unixTimeOf(this.bench.clock);
    const { directory } = this.acme;
    mkdirSync(join(this.data, "acme"));
    if (certificate) writeFileSync(join(this.data, "acme/main.pem"), await issuedBefore(this.acme));
    const retryAt = failures > 0 ? now + leftPause : 0;
    const kept = { issuedFrom: certificate ? directory : null, issuedAt: now - DAY, order: null, failures, retryAt };
    if (certificate || failures > 0) writeFileSync(join(this.data, "acme/main.json"), JSON.stringify(kept));
    await this.gatehouse.start();
    this.acme.ports.http = this.port("web");
  }

  /** The authority does what it is asked for, until the next state. */
  async answers(resource?: Resource, fault?: AcmeFault): Promise<void> {
    await this.until(() => this.#held.length > 0, 10_000);
    if (resource && fault) this.acme.fail(resource, fault);
    this.#open = true;
    for (const release of this.#held.splice(0)) release();
  }

  /** The authority breaks down over the request that it has got. */
  async breaksDown(): Promise<void> {
    await this.until(() => this.#held.length > 0, 10_000);
    const all = ["directory", "newNonce", "newAccount", "newOrder", "order", "renewalInfo"] as Resource[];
    for (const resource of all) this.acme.fail(resource, { status: 503 });
    this.at({ chart: "certificate", state: "failing" }, () => this.acme.faults.clear());
    await this.answers();
  }

  readonly stop = (): void => this.begin(this.house.stop());

  get kept(): { readonly failures: number; readonly retryAt: number } | null {
    try {
      return JSON.parse(readFileSync(join(this.data, "acme/main.json"), "utf8"));
    } catch {
      return null;
    }
  }

  get isSpoilt(): boolean {
    return statSync(join(this.data, "acme/main.json"), { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  /** The folder cannot be read any more. */
  readonly spoilFiles = (): void => {
    rmSync(join(this.data, "acme/main.json"), { force: true });
    mkdirSync(join(this.data, "acme/main.json"));
  };

  mendFiles(): void {
    rmSync(join(this.data, "acme/main.json"), { recursive: true, force: true });
  }

  readonly loseCertificate = (): void => rmSync(join(this.data, "acme/main.pem"), { force: true });

  override async close(): Promise<void> {
    this.engine?.release();
    this.#open = true;
    for (const release of this.#held.splice(0)) release();
    await super.close();
    // A request that was given up may have connected just now.
    await this.until(() => {
      this.acme.disconnect();
      return (this.openSockets() ?? 0) <= 0;
    }, 1_000);
    this.acme.beforeAnswer = async () => {};
    rmSync(this.data, { recursive: true, force: true });
  }
}

let before: Promise<string> | null = null;

/** What an earlier process has left; the same for all paths. */
function issuedBefore(acme: AcmeServer): Promise<string> {
  const key = newPrivateKey();
  before ??= certificateRequest([domain], key).then(async (csr) => `${key}${await acme.issue(csr)}`);
  return before;
}

type CertificateStimulus = Stimulus<CertificateWorld>;

/** What the model's context keeps of a failure: whether an order is under way, which the next attempt takes up. */
interface Marked {
  readonly isPlaced: boolean;
}

/** An earlier attempt has left an order, with which the next one goes on. */
export const isPlaced = ({ snapshot }: Situation): boolean => {
  const { error } = snapshot.context;
  return error instanceof CertificateTimeoutError || (error as Marked | null)?.isPlaced === true;
};

/** A stop in the middle of a start. */
export function calledOff(error: unknown): void {
  if (!(error instanceof StartError)) throw error;
}

export const done = (state: string, output?: object): AnyEventObject => ({
  type: `xstate.done.actor.0.certificate.${state}`,
  output,
});
export const failed = (state: string, error: Marked): AnyEventObject => ({
  type: `xstate.error.actor.0.certificate.${state}`,
  error,
});
export const passed = (delay: string, state: string): AnyEventObject => ({
  type: `xstate.after.${delay}.certificate.${state}`,
});
export const stops: AnyEventObject = { type: "certificate.stop" };

export const has = ({ facts }: Situation, fact: string): boolean => facts.has(fact);
export const isIn =
  (...states: readonly string[]) =>
  ({ snapshot, facts }: Situation): boolean =>
    facts.has("started") && states.includes(String(snapshot.value));
export const isNew = (at: Situation): boolean => !has(at, "started");
/** An hour by a clock that is advanced has thousands of looks at the descriptors. */
const isSoon = ({ snapshot }: Situation): boolean => snapshot.context.pause < HOUR;
export const failures = ({ snapshot }: Situation): number => snapshot.context.failures;

export const nothing = { isOffered: false, isIssued: false, failures: 0, pause: 0 };
export const certificate = { ...nothing, isIssued: true };
export const offered = { ...nothing, isOffered: true };
const due = { isDue: true, pause: 0 };
/** Outside a fleet nobody is asked. */
export const granted = done("claiming", { isGranted: true });

/** What follows when the renewal is looked at: an order under way is gone on with, without another question. */
const looked = (at: Situation): AnyEventObject[] => (isPlaced(at) ? [done("renewing", due), granted] : []);

export const certificateStimuli: readonly CertificateStimulus[] = [
  {
    name: "the server starts with an empty folder",
    events: [done("reading", nothing), granted],
    possible: isNew,
    leaves: ["started"],
    apply: (world) => world.starts(),
  },
  {
    name: "the server starts soon after a failure",
    events: [done("reading", { ...nothing, failures: leftFailures, pause: leftPause })],
    possible: isNew,
    leaves: ["started"],
    apply: (world) => world.starts({ failures: leftFailures }),
  },
  {
    name: "the server starts with a certificate",
    events: [done("reading", certificate), done("issued")],
    possible: isNew,
    leaves: ["started", "in force", "old"],
    apply: (world) => world.starts({ certificate: true }),
  },
  {
    name: "the server starts with a certificate, soon after its renewal has failed",
    events: [done("reading", { ...certificate, failures: leftFailures, pause: leftPause }), done("issued")],
    possible: isNew,
    leaves: ["started", "in force", "old"],
    apply: (world) => world.starts({ certificate: true, failures: leftFailures }),
  },
  {
    name: "the server starts, and cannot read its folder",
    events: [failed("reading", { isPlaced: false })],
    possible: isNew,
    leaves: ["started"],
    apply(world) {
      world.at({ chart: "certificate", state: "reading" }, world.spoilFiles);
      return world.starts();
    },
  },
  {
    name: "the server starts with a certificate, which somebody removes",
    events: [done("reading", certificate), failed("issued", { isPlaced: false })],
    possible: isNew,
    leaves: ["started", "lost"],
    apply(world) {
      world.at({ chart: "certificate", state: "issued" }, world.loseCertificate);
      return world.starts({ certificate: true });
    },
  },
  {
    name: "the server starts, and stops before it has read its folder",
    events: [stops],
    possible: isNew,
    leaves: ["started"],
    apply(world) {
      world.at({ chart: "certificate", state: "reading" }, world.stop);
      return world.starts().catch(calledOff);
    },
  },
  {
    name: "the server starts with a certificate, and stops before it is in force",
    events: [done("reading", certificate), stops],
    possible: isNew,
    leaves: ["started"],
    apply(world) {
      world.at({ chart: "certificate", state: "issued" }, world.stop);
      return world.starts({ certificate: true }).catch(calledOff);
    },
  },
  {
    name: "the authority takes the order",
    events: [done("ordering")],
    possible: isIn("ordering"),
    apply: (world) => world.answers(),
  },
  {
    name: "the authority sees the proof",
    events: [done("validating")],
    possible: isIn("validating"),
    leaves: ["proved"],
    apply: (world) => world.answers(),
  },
  {
    name: "the authority does not see the proof",
    events: [failed("validating", { isPlaced: true })],
    // An order that was proved once is not proved again.
    possible: (at) => isIn("validating")(at) && !has(at, "proved"),
    apply: (world) => world.answers("challenge", "unseen"),
  },
  {
    name: "the authority issues the certificate",
    events: [done("finalizing"), done("issued")],
    possible: isIn("finalizing"),
    leaves: ["in force"],
    apply: (world) => world.answers(),
  },
  {
    name: "the authority issues one for another name",
    events: [failed("finalizing", { isPlaced: false })],
    possible: (at) => isIn("finalizing")(at) && !has(at, "lost"),
    apply: (world) => world.answers("finalize", "wrong name"),
  },
  {
    name: "the authority issues the certificate, which somebody removes",
    events: [done("finalizing"), failed("issued", { isPlaced: true })],
    possible: (at) => isIn("finalizing")(at) && !has(at, "lost") && !has(at, "in force"),
    leaves: ["lost"],
    apply(world) {
      world.at({ chart: "certificate", state: "issued" }, world.loseCertificate);
      return world.answers();
    },
  },
  {
    name: "the authority issues the certificate, and the server stops before it is in force",
    events: [done("finalizing"), stops],
    possible: isIn("finalizing"),
    apply(world) {
      world.at({ chart: "certificate", state: "issued" }, world.stop);
      return world.answers();
    },
  },
  ...["ordering", "validating", "finalizing"].map(
    (state): CertificateStimulus => ({
      name: `the authority breaks down in ${state}`,
      events: (at) => [failed(state, { isPlaced: state !== "ordering" || isPlaced(at) })],
      possible: isIn(state),
      apply: (world) => world.breaksDown(),
    }),
  ),
  ...Object.entries({ ordering: "orderTimeout", validating: "validationTimeout", finalizing: "issueTimeout" }).map(
    ([state, delay]): CertificateStimulus => ({
      name: `the authority says nothing in ${state}`,
      events: [passed(delay, state)],
      // Whether an order was placed before it cannot be told apart here, and makes a difference to a renewal only.
      possible: (at) => isIn(state)(at) && (state !== "ordering" || !has(at, "in force")),
      apply: (world) => passes(world, { milliseconds: state === "ordering" ? MINUTE : 5 * MINUTE, from: state }),
    }),
  ),
  {
    name: "the pause after a failure passes",
    events(at) {
      const read = done("reading", { ...nothing, isIssued: has(at, "in force"), failures: failures(at) });
      const again = passed("retryPause", "failing");
      return has(at, "in force") ? [again, read, done("issued"), ...looked(at)] : [again, read, granted];
    },
    possible: isIn("failing"),
    async apply(world) {
      if (world.isSpoilt) world.mendFiles();
      const { context } = world.situation?.snapshot ?? { context: { failures: 0, error: null } };
      // Between 80 and 120 per cent of it, unless an earlier process has written down the moment.
      const [least, most] = context.error === null ? [leftPause, leftPause] : pauseOf(context.failures);
      await passes(world, { milliseconds: least, from: "failing", leaves: least === most });
      if (least !== most) world.bench.clock.leap(most - least);
    },
  },
  {
    name: "the authority suggests a later renewal",
    events: [done("renewing", { isDue: false, pause: look })],
    possible: isIn("renewing"),
    apply: (world) => world.answers(),
  },
  {
    name: "the authority suggests a renewal now",
    events: [done("renewing", due), granted],
    // No two orders follow each other within an hour.
    possible: (at) => isIn("renewing")(at) && has(at, "old"),
    once: true,
    async apply(world) {
      const now = unixTimeOf(world.bench.clock);
      world.acme.suggested = { start: laterThan(now, -3 * DAY), end: laterThan(now, -2 * DAY) };
      world.at({ chart: "certificate", state: "ordering" }, () => {
        world.acme.suggested = { start: laterThan(now, 30 * DAY), end: laterThan(now, 30 * DAY + SECOND) };
      });
      await world.answers();
    },
  },
  {
    name: "the folder cannot be read when the renewal is looked at",
    events: (at) => [passed("renewalPause", "waiting"), failed("renewing", { isPlaced: isPlaced(at) })],
    possible: (at) => isIn("waiting")(at) && isSoon(at) && !has(at, "spoilt"),
    leaves: ["spoilt"],
    async apply(world) {
      const { pause } = world.situation?.snapshot.context ?? { pause: 0 };
      world.at({ chart: "certificate", state: "renewing" }, world.spoilFiles);
      await passes(world, { milliseconds: pause, from: "waiting" });
    },
  },
  {
    name: "the authority says nothing about the renewal",
    events: [passed("renewalTimeout", "renewing")],
    possible: isIn("renewing"),
    apply: (world) => passes(world, { milliseconds: MINUTE, from: "renewing" }),
  },
  {
    name: "it is time to look at the renewal again",
    events: (at) => [passed("renewalPause", "waiting"), ...looked(at)],
    possible: (at) => isIn("waiting")(at) && isSoon(at) && !has(at, "spoilt"),
    leaves: ["old"],
    apply(world) {
      const { pause } = world.situation?.snapshot.context ?? { pause: 0 };
      return passes(world, { milliseconds: pause, from: "waiting" });
    },
  },
  {
    name: "the server stops",
    events: [stops],
    possible: isIn("ordering", "validating", "finalizing", "waiting", "renewing", "failing"),
    apply: (world) => world.stop(),
  },
];

/** The shortest and the longest pause after so many failures in a row. */
function pauseOf(count: number): [number, number] {
  const doubled = Math.min(MINUTE * 2 ** (count - 1), 12 * HOUR);
  return [0.8 * doubled, 1.2 * doubled];
}

/** A time-out passes, and its last millisecond counts. */
export async function passes(
  world: CertificateWorld,
  { milliseconds, from, leaves = true }: { readonly milliseconds: number; from: string; leaves?: boolean },
): Promise<void> {
  // The authority has the request by then, and does not answer it.
  world.bench.clock.leap(Math.max(0, milliseconds - 1));
  await world.turn();
  const state = String(world.followed?.snapshot.value);
  if (state !== from) throw new Error(`It was in ${state} a millisecond before ${from} may end.`);
  if (leaves) world.bench.clock.advance(1);
}

/** What is in force stays there, what failed is said and written down, and no order is placed beside one under way. */
function compare(world: CertificateWorld, at: Situation): Difference[] {
  const { snapshot, facts } = at;
  if (!facts.has("started") || snapshot.status !== "active") return [];
  const state = String(snapshot.value);
  const served = world.house.certificates()[0]?.issuer ?? "";
  const isInForce = served.includes("Authority of the tests");
  const said = world.bench.events.filter(({ type }) => type === "certificate.orderFailed").at(-1);
  const underWay = [...world.acme.orders.values()].filter(({ status }) => status === "pending" || status === "ready");
  const hasFailed = state === "failing" && snapshot.context.error !== null;
  const { kept } = world;
  const [least, most] = pauseOf(failures(at));
  const pause = kept === null ? 0 : kept.retryAt - unixTimeOf(world.bench.clock);
  return [
    ...(facts.has("lost") ? [] : [{ of: "in force", expected: facts.has("in force"), actual: isInForce }]),
    ...(hasFailed
      ? [{ of: "reported failures", expected: failures(at), actual: said && "failures" in said ? said.failures : 0 }]
      : []),
    // A moment after it was said.
    ...(hasFailed && !world.isSpoilt
      ? [
          { of: "failures on disk", expected: failures(at), actual: kept?.failures ?? 0 },
          { of: "the next attempt on disk", expected: true, actual: pause >= least - 1 && pause <= most + 1 },
        ]
      : []),
    { of: "one order at a time", expected: true, actual: underWay.length <= 1 },
  ].filter(({ expected, actual }) => expected !== actual);
}

export function certificateModel(authority: () => AcmeServer): Model<CertificateWorld> {
  return {
    machine: certificateMachine,
    input: { jitter: 0.5 },
    date: new Date(),
    stimuli: certificateStimuli,
    open: (bench) => new CertificateWorld(bench, authority()),
    context: ["failures", "isFresh"],
    compare,
    mayPass: () => false,
  };
}
