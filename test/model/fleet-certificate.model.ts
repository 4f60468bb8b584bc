/** The same chart in a fleet: who orders, who waits, and what other nodes tell. The authority answers as before. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { AnyEventObject } from "xstate";
import { certificateMachine } from "../../src/machines/certificate.ts";
import { newPrivateKey } from "../../src/runtime/acme/jws.ts";
import { certificateName, type FleetCertificate } from "../../src/runtime/acme/kept-order.ts";
import { certificateRequest } from "../../src/runtime/acme/x509.ts";
import { unixTimeOf } from "../../src/runtime/time/clock.ts";
import type { Bench, Difference, Model, Situation, Stimulus } from "../../src/testing/index.ts";
import type { AcmeServer } from "../runtime/acme/acme-server.ts";
import {
  CertificateWorld,
  calledOff,
  certificate,
  certificateStimuli,
  domain,
  done,
  failed,
  failures,
  granted,
  has,
  isIn,
  isNew,
  leftFailures,
  leftPause,
  MINUTE,
  nothing,
  offered,
  passed,
  passes,
  stops,
} from "./certificate.model.ts";
import { OrdersEngine } from "./orders-engine.ts";

const untouched = { issuedFrom: null, issuedAt: 0, order: null, failures: 0, retryAt: 0 };

class FleetWorld extends CertificateWorld {
  /** How many proofs the other nodes had when the authority looked. */
  readonly seen: number[] = [];
  readonly fleet: OrdersEngine;
  #renewals = 0;

  constructor(bench: Bench, acme: AcmeServer) {
    const { directory } = acme;
    const engine = new OrdersEngine(certificateName({ directory, eabKeyId: null, domains: [domain] }));
    super(bench, acme, engine);
    this.fleet = engine;
    acme.beforeLook = async () => void this.seen.push(engine.proofs.size);
  }

  async asked(): Promise<void> {
    await this.until(() => this.fleet.claim !== null, 10_000);
  }

  /** Another node has got one, newer than all before it. */
  async gotElsewhere(): Promise<FleetCertificate> {
    const key = newPrivateKey();
    const { validity } = this.acme;
    this.#renewals += 1;
    this.acme.validity = { ...validity, from: -3_600_000 + this.#renewals * MINUTE };
    const pem = `${key}${await this.acme.issue(await certificateRequest([domain], key))}`;
    this.acme.validity = validity;
    const issuedAt = unixTimeOf(this.bench.clock);
    return { kept: { ...untouched, issuedFrom: this.acme.directory, issuedAt }, pem, renewal: null };
  }

  /** Another node says it; whoever has asked meanwhile is answered that another one orders. */
  tell(known: FleetCertificate): void {
    const { claim } = this.fleet;
    this.fleet.tell(known);
    claim?.grant(false);
  }

  override async close(): Promise<void> {
    await super.close();
    this.acme.beforeLook = async () => {};
  }
}

type FleetStimulus = Stimulus<FleetWorld>;

const told: AnyEventObject = { type: "certificate.told" };
const taken = [done("taking"), done("reading", certificate), done("issued")];
const received = [done("reading", offered), ...taken];
/** Where a node is told and looks what there is. */
const listens = isIn("claiming", "awaiting", "cutOff", "waiting", "renewing", "failing");
const isFirst = (at: Situation): boolean => !has(at, "in force");

const stimuli: readonly FleetStimulus[] = [
  {
    name: "the server starts, and asks the fleet",
    events: [done("reading", nothing)],
    possible: isNew,
    leaves: ["started"],
    apply: (world) => world.starts(),
  },
  {
    name: "the server starts, and the fleet has a certificate",
    events: received,
    possible: isNew,
    leaves: ["started", "in force"],
    async apply(world) {
      world.fleet.tell(await world.gotElsewhere());
      await world.starts();
    },
  },
  {
    name: "the server starts soon after another node has failed",
    events: [done("reading", { ...nothing, failures: leftFailures, pause: leftPause })],
    possible: isNew,
    leaves: ["started"],
    async apply(world) {
      const retryAt = unixTimeOf(world.bench.clock) + leftPause;
      world.fleet.tell({ kept: { ...untouched, failures: leftFailures, retryAt }, pem: null, renewal: null });
      await world.starts();
    },
  },
  {
    name: "the server starts, and is told before it has looked",
    events: [told, ...received],
    possible: isNew,
    leaves: ["started", "in force"],
    async apply(world) {
      const known = await world.gotElsewhere();
      world.at({ chart: "certificate", state: "reading" }, () => world.fleet.tell(known));
      await world.starts();
    },
  },
  {
    name: "the server starts with a certificate, and is told of another one",
    events: [done("reading", certificate), told, ...received],
    possible: isNew,
    leaves: ["started", "in force"],
    async apply(world) {
      const known = await world.gotElsewhere();
      world.at({ chart: "certificate", state: "issued" }, () => world.fleet.tell(known));
      await world.starts({ certificate: true });
    },
  },
  {
    name: "the server starts, and stops before it has what the fleet has",
    events: [done("reading", offered), stops],
    possible: isNew,
    leaves: ["started"],
    async apply(world) {
      world.fleet.tell(await world.gotElsewhere());
      world.at({ chart: "certificate", state: "taking" }, world.stop);
      await world.starts().catch(calledOff);
    },
  },
  {
    name: "the server starts, and cannot put on disk what the fleet has",
    events: [done("reading", offered), failed("taking", { isPlaced: false })],
    possible: isNew,
    leaves: ["started", "spoilt here"],
    async apply(world) {
      world.fleet.tell(await world.gotElsewhere());
      world.at({ chart: "certificate", state: "taking" }, world.spoilFiles);
      await world.starts();
    },
  },
  {
    name: "the fleet lets it order",
    events: [granted],
    possible: isIn("claiming"),
    async apply(world) {
      await world.asked();
      world.fleet.claim?.grant(true);
    },
  },
  {
    name: "another node orders",
    events: [done("claiming", { isGranted: false })],
    possible: isIn("claiming"),
    async apply(world) {
      await world.asked();
      world.fleet.claim?.grant(false);
    },
  },
  {
    name: "the fleet cannot be asked",
    events: [failed("claiming", { isPlaced: false })],
    possible: isIn("claiming"),
    async apply(world) {
      await world.asked();
      world.fleet.claim?.fail(new Error("The connection has ended."));
    },
  },
  {
    name: "the fleet says nothing",
    events: [passed("claimTimeout", "claiming")],
    possible: isIn("claiming"),
    async apply(world) {
      await world.asked();
      await passes(world, { milliseconds: MINUTE, from: "claiming" });
      world.fleet.claim?.grant(true);
    },
  },
  {
    name: "nothing comes of another node's order for a while",
    events: [passed("claimPause", "awaiting")],
    possible: isIn("awaiting"),
    apply: (world) => passes(world, { milliseconds: 10_000, from: "awaiting" }),
  },
  {
    name: "nothing is heard of the fleet for a while",
    events: [passed("cutOffPause", "cutOff"), done("reading", nothing)],
    possible: isIn("cutOff"),
    apply: (world) => passes(world, { milliseconds: 10 * MINUTE, from: "cutOff" }),
  },
  {
    name: "the pause after a failure passes, and the fleet is asked",
    events: (at) => [passed("retryPause", "failing"), done("reading", { ...nothing, failures: failures(at) })],
    possible: (at) => isIn("failing")(at) && !has(at, "spoilt here") && isFirst(at),
    async apply(world) {
      const { pause } = world.followed?.snapshot.context ?? { pause: 0 };
      await passes(world, { milliseconds: pause, from: "failing" });
    },
  },
  {
    name: "another node begins to order",
    events: [told, done("reading", nothing)],
    possible: (at) => isIn("awaiting", "cutOff", "claiming")(at) && isFirst(at),
    apply: (world) => world.tell({ kept: untouched, pem: null, renewal: null }),
  },
  {
    name: "another node has got a certificate",
    events: [told, ...received],
    possible: listens,
    leaves: ["in force"],
    async apply(world) {
      if (world.isSpoilt) world.mendFiles();
      rmSync(join(world.data, "acme/main.pem"), { force: true });
      world.tell(await world.gotElsewhere());
    },
  },
  {
    name: "the server stops in a fleet",
    events: [stops],
    possible: isIn("claiming", "awaiting", "cutOff", "ordering"),
    apply: (world) => world.stop(),
  },
  ...certificateStimuli.filter(({ name }) =>
    [
      "the authority takes the order",
      "the authority sees the proof",
      "the authority issues the certificate",
      "the authority breaks down in ordering",
      "the authority breaks down in validating",
      "the authority suggests a later renewal",
    ].includes(name),
  ),
];

/** One node orders at a time, all nodes show its proof, and what it has got or failed at is the fleet's. */
function compare(world: FleetWorld, at: Situation): Difference[] {
  const { snapshot, facts } = at;
  if (!facts.has("started") || snapshot.status !== "active") return [];
  const state = String(snapshot.value);
  const served = world.house.certificates()[0]?.issuer ?? "";
  const { isClaimed, known, isWhole } = world.fleet;
  const orders = ["ordering", "validating", "finalizing"].includes(state);
  const hasFailed = state === "failing" && snapshot.context.error !== null && !facts.has("spoilt here");
  return [
    { of: "in force", expected: facts.has("in force"), actual: served.includes("Authority of the tests") },
    // Somebody is still asked in `claiming`.
    ...(state === "claiming" ? [] : [{ of: "who orders", expected: orders, actual: isClaimed }]),
    { of: "a whole certificate", expected: true, actual: isWhole },
    { of: "proofs that other nodes had", expected: true, actual: world.seen.every((proofs) => proofs === 1) },
    { of: "proofs left behind", expected: 0, actual: orders ? 0 : world.fleet.proofs.size },
    ...(hasFailed ? [{ of: "failures of all", expected: failures(at), actual: known?.kept.failures ?? 0 }] : []),
    ...(facts.has("in force") ? [{ of: "shared", expected: true, actual: known?.pem != null }] : []),
  ].filter(({ expected, actual }) => expected !== actual);
}

export function fleetCertificateModel(authority: () => AcmeServer): Model<FleetWorld> {
  return {
    machine: certificateMachine,
    input: { jitter: 0.5 },
    date: new Date(),
    stimuli,
    open: (bench) => new FleetWorld(bench, authority()),
    context: ["failures", "isFresh"],
    compare,
    mayPass: () => false,
  };
}
