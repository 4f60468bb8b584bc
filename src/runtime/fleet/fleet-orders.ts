/**
 * What the nodes of a fleet share of the certificates that they order: each certificate with its key and the order under
 * way, the keys of accounts, and the proofs that every node shows. All of it is sealed.
 */
import { randomUUID } from "node:crypto";
import { Subject } from "rxjs";
import { z } from "zod";
import type { ChallengeAnswers, ProofPublisher, ProvenDomain } from "../acme/challenge-answers.ts";
import { type FleetCertificate, fleetCertificate } from "../acme/kept-order.ts";
import type { OrdersFleet } from "../acme/orders-fleet.ts";
import { FleetError } from "./fleet-error.ts";
import type { Seal } from "./seal.ts";
import type { SealedChange, SealedValue, SharedState } from "./shared-state.ts";

/** Of one claim, in milliseconds; longer than all that the chart allows an order, which is 11 minutes. */
const longestClaim = 15 * 60_000;

const provenDomain = z.object({
  domain: z.string(),
  challenge: z.enum(["tls-alpn-01", "http-01"]),
  token: z.string(),
  keyAuthorization: z.string(),
});

export interface FleetOrdersOptions {
  readonly seal: Seal;
  readonly member: string;
  readonly shared: SharedState;
  /** What this node shows to authorities. */
  readonly answers: ChallengeAnswers;
  /** Unix time in milliseconds. */
  now(): number;
  /** Resolves when every other node shows a proof, or has had the time to. */
  shown(proof: string): Promise<void>;
}

/** What was taken, or why it could not be read. */
type Taken<Value> = { readonly value: Value } | { readonly error: unknown };

export class FleetOrders implements OrdersFleet {
  readonly told$ = new Subject<string | null>();
  readonly #options: FleetOrdersOptions;
  readonly #certificates = new Map<string, Taken<FleetCertificate>>();
  readonly #accounts = new Map<string, Taken<string>>();
  /** Each resolves with what ends it. */
  readonly #proofs = new Map<string, Promise<() => void>>();

  constructor(options: FleetOrdersOptions) {
    this.#options = options;
  }

  /** What another node has changed. */
  take(change: SealedChange): void {
    const { kind, name, value } = change;
    // What this node has said itself it may have said in other words since.
    const isOwn = value !== null && this.#isOwn(value);
    switch (kind) {
      case "certificate":
        if (isOwn) break;
        this.#put(this.#certificates, change, (content) => fleetCertificate.parse(JSON.parse(content)));
        this.told$.next(name);
        break;
      case "account":
        this.#put(this.#accounts, change, (content) => content);
        break;
      case "proof":
        if (!isOwn) this.#show(change);
        break;
    }
  }

  #put<Value>(known: Map<string, Taken<Value>>, change: SealedChange, read: (content: string) => Value): void {
    const { name, value } = change;
    if (value === null) known.delete(name);
    else known.set(name, this.#taken(change, value, read));
  }

  #taken<Value>({ kind, name }: SealedChange, { sealed }: SealedValue, read: (content: string) => Value): Taken<Value> {
    try {
      return { value: read(this.#options.seal.open(`${kind}/${name}`, sealed).toString("utf8")) };
    } catch (error) {
      return { error };
    }
  }

  #show(change: SealedChange): void {
    const { name, value } = change;
    const former = this.#proofs.get(name);
    this.#proofs.delete(name);
    const end = former?.then((withdraw) => withdraw()).catch(() => {}) ?? Promise.resolve();
    if (value === null) return;
    const proof = this.#taken<ProvenDomain>(change, value, (content) => provenDomain.parse(JSON.parse(content)));
    // Whoever has another key has been told so.
    if ("error" in proof) return;
    const shown = end.then(() => this.#options.answers.publish(proof.value));
    this.#proofs.set(name, shown);
    shown.catch(() => {});
  }

  /** @returns whether this node shows it, as soon as it does */
  async shows(proof: string): Promise<boolean> {
    // Whoever has just come is still reading what there is.
    if (!this.#proofs.has(proof)) await this.#options.shared.settled;
    const shown = this.#proofs.get(proof);
    return shown !== undefined && (await shown) !== undefined;
  }

  /** The fleet can be asked again. */
  back(): void {
    this.told$.next(null);
  }

  async upToDate(): Promise<void> {
    await this.#options.shared.settled;
  }

  read(certificate: string): FleetCertificate | null {
    const taken = this.#certificates.get(certificate);
    return taken === undefined ? null : contentOf(taken);
  }

  async write(certificate: string, known: FleetCertificate): Promise<void> {
    this.#certificates.set(certificate, { value: known });
    await this.#tell("certificate", certificate, JSON.stringify(known));
  }

  forget(certificate: string): void {
    this.#certificates.delete(certificate);
    void this.#tell("certificate", certificate, null);
  }

  claim(certificate: string): Promise<boolean> {
    return this.#options.shared.claim(certificate, longestClaim);
  }

  yield(certificate: string): void {
    for (const proof of this.#proofs.keys()) if (proof.startsWith(`${certificate}/`)) this.#withdraw(proof);
    this.#options.shared.yield(certificate);
  }

  async accountKey(account: string, own: string): Promise<string> {
    if (!this.#accounts.has(account)) await this.#options.shared.offer(this.#sealed("account", account, own), null);
    const taken = this.#accounts.get(account);
    if (taken) return contentOf(taken);
    const text = "The fleet has not said which account is used. It is asked again; see whether its engine runs.";
    throw new FleetError("engine-lost", text);
  }

  proofsFor(certificate: string): ProofPublisher {
    return { publish: (proven) => this.#publish(certificate, proven) };
  }

  /** The authority's request may come to any node. */
  async #publish(certificate: string, proven: ProvenDomain): Promise<() => void> {
    const { answers, shown } = this.#options;
    const proof = `${certificate}/${proven.domain}/${proven.token}`;
    this.#show({ kind: "proof", name: proof, value: null });
    const here = answers.publish(proven);
    this.#proofs.set(proof, here);
    await here;
    await this.#tell("proof", proof, JSON.stringify(proven));
    await shown(proof);
    return () => this.#withdraw(proof);
  }

  #withdraw(proof: string): void {
    this.#show({ kind: "proof", name: proof, value: null });
    void this.#tell("proof", proof, null);
  }

  #tell(kind: SealedChange["kind"], name: string, content: string | null): Promise<void> {
    return this.#options.shared.tell(
      content === null ? { kind, name, value: null } : this.#sealed(kind, name, content),
    );
  }

  #sealed(kind: SealedChange["kind"], name: string, content: string): SealedChange {
    const { seal, member, now } = this.#options;
    const sealed = seal.close(`${kind}/${name}`, Buffer.from(content));
    return { kind, name, value: { id: `${member}#${randomUUID()}`, at: now(), sealed } };
  }

  #isOwn({ id }: SealedValue): boolean {
    return id.startsWith(`${this.#options.member}#`);
  }
}

/** @throws FleetError `fleet-key` */
function contentOf<Value>(taken: Taken<Value>): Value {
  if ("error" in taken) throw taken.error;
  return taken.value;
}
