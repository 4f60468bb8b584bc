/** Runs the machine of one certificate that renews itself. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type Actor, createActor, fromPromise } from "xstate";
import type { Inspector } from "../../charts/inspector.ts";
import type { AcmeCertificate } from "../../config/index.ts";
import { messageOf } from "../../config/values/thrown.ts";
import {
  type CertificateState,
  certificateMachine,
  type KeptCertificate,
  type OrderClaim,
  type RenewalOutlook,
} from "../../machines/certificate.ts";
import type { ChartFlow } from "../observe/chart-flows.ts";
import type { Lifecycle } from "../observe/lifecycle.ts";
import { type Clock, dateOf, unixTimeOf } from "../time/clock.ts";
import { checkCertificate, type LoadedCertificate } from "../tls/certificates.ts";
import { coversDomains, loadIssued } from "../tls/issued-certificate.ts";
import { AcmeError } from "./acme-error.ts";
import { type AcmeAccount, AcmeOrder, placeOrder } from "./acme-order.ts";
import type { ProofPublisher } from "./challenge-answers.ts";
import { newPrivateKey } from "./jws.ts";
import { certificateName, type FleetCertificate, type KeptOrder, type KeptOrders } from "./kept-order.ts";
import type { OrdersFleet } from "./orders-fleet.ts";
import { RenewalTime } from "./renewal.ts";
import { renewalId } from "./x509.ts";

/** What all certificates of a server share. */
export interface OrdersHost {
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly inspect: Inspector | undefined;
  readonly flow: ChartFlow;
  readonly dataDirectory: string;
  readonly kept: KeptOrders;
  readonly answers: ProofPublisher;
  /** Null where each server orders for itself. */
  readonly fleet: OrdersFleet | null;
  /** The account at its authority; one for all of its certificates. */
  account(settings: AcmeCertificate): Promise<AcmeAccount>;
  /** Has the listeners serve it from the next handshake on. */
  serve(certificate: LoadedCertificate): Promise<void>;
  /** What is served under an id. */
  served(id: string): LoadedCertificate | undefined;
}

export interface OrderedCertificateStatus {
  /** Of its machine: `ordering`, `waiting`, `failing`, … */
  readonly state: CertificateState;
  /** When another one is ordered; null before the first is in force. */
  readonly renewsAt: Date | null;
  /** Why the last attempt failed; null when it did not. */
  readonly lastError: string | null;
}

/** How far the nodes of a fleet are apart when they ask about the renewal, at most, in milliseconds. */
const SPREAD = 60_000;

export class OrderedCertificate {
  readonly settings: AcmeCertificate;
  /** The same for all nodes that want the same. */
  readonly name: string;
  readonly actor: Actor<typeof certificateMachine>;
  readonly #host: OrdersHost;
  readonly #renewal = new RenewalTime();
  #renewsAt: number | null = null;
  /** Files are written one after the other. */
  #writing: Promise<void> = Promise.resolve();

  constructor(settings: AcmeCertificate, host: OrdersHost) {
    this.settings = settings;
    this.name = certificateName(settings);
    this.#host = host;
    this.actor = createActor(
      certificateMachine.provide({
        actors: {
          claimOrder: fromPromise<OrderClaim>(() => this.#claimOrder()),
          takeOffered: fromPromise(({ signal }) => this.#takeOffered(signal)),
          readKept: fromPromise<KeptCertificate>(() => this.#readKept()),
          placeOrder: fromPromise(({ signal }) => this.#placeOrder(signal)),
          proveDomains: fromPromise(({ signal }) => this.#proveDomains(signal)),
          obtainCertificate: fromPromise(({ signal }) => this.#obtain(signal)),
          putInForce: fromPromise(({ signal }) => this.#putInForce(signal)),
          lookAtRenewal: fromPromise<RenewalOutlook>(({ signal }) => this.#lookAtRenewal(signal)),
        },
        actions: {
          reportOrder: () => this.#reportOrder(),
          reportFailure: ({ context }) => this.#reportFailure(context),
          reportCutOff: ({ context: { error } }) =>
            host.lifecycle.emit({ type: "certificate.postponed", certificate: settings.id, error }),
          shareFailure: ({ context: { failures, pause } }) => this.#shareFailure(failures, pause),
          yieldOrder: () => this.#yieldOrder(),
        },
      }),
      {
        id: `certificate:${settings.id}`,
        clock: host.clock,
        input: { jitter: Math.random() },
        ...(host.inspect ? { inspect: host.inspect } : {}),
      },
    );
    this.actor.system.inspect(host.flow.inspector);
  }

  get status(): OrderedCertificateStatus {
    const { value, context } = this.actor.getSnapshot();
    return {
      state: value,
      renewsAt: this.#renewsAt === null ? null : new Date(this.#renewsAt),
      lastError: context.error === null ? null : messageOf(context.error),
    };
  }

  /** The fleet knows something else by now. */
  tell(): void {
    if (this.actor.getSnapshot().status === "active") this.actor.send({ type: "certificate.told" });
  }

  /** Resolves when what it has had to write down is on disk. */
  stop(): Promise<void> {
    this.actor.send({ type: "certificate.stop" });
    return this.#writing;
  }

  /** A document was put into force, which may have read an older certificate meanwhile. */
  async remain(): Promise<void> {
    if (this.#renewsAt === null) return;
    const issued = await this.#issued();
    if (issued && this.actor.getSnapshot().status === "active" && !this.#isServed(issued))
      await this.#host.serve(issued);
  }

  #isServed({ certificate }: LoadedCertificate): boolean {
    return this.#host.served(this.settings.id)?.certificate === certificate;
  }

  #issued(): Promise<LoadedCertificate | null> {
    const { dataDirectory, clock } = this.#host;
    return loadIssued(this.settings, { dataDirectory, now: dateOf(clock) });
  }

  get #now(): number {
    return unixTimeOf(this.#host.clock);
  }

  get #known(): FleetCertificate | null {
    return this.#host.fleet?.read(this.name) ?? null;
  }

  /** What all nodes know, or else what is on disk. */
  async #kept(): Promise<KeptOrder> {
    return this.#known?.kept ?? this.#host.kept.read(this.settings.id);
  }

  /** What the fleet has, and this node has not. */
  #offered(issued: LoadedCertificate | null): LoadedCertificate | null {
    const pem = this.#known?.pem ?? null;
    if (pem === null) return null;
    const offered = this.#load(pem, pem);
    if (issued === null || !coversDomains(issued, this.settings)) return offered;
    const isNewer = offered.notValidBefore.getTime() >= issued.notValidBefore.getTime();
    return isNewer && offered.certificate !== issued.certificate ? offered : null;
  }

  #isNews({ notValidBefore }: LoadedCertificate): boolean {
    const pem = this.#known?.pem ?? null;
    return this.#host.fleet !== null && (pem === null || this.#load(pem, pem).notValidBefore < notValidBefore);
  }

  async #claimOrder(): Promise<OrderClaim> {
    const { fleet } = this.#host;
    // A claim from before may be on its way out.
    await this.#writing;
    return { isGranted: fleet === null || (await fleet.claim(this.name)) };
  }

  /** When the other nodes know what has come of it. */
  #yieldOrder(): void {
    void this.#writing.then(() => this.#host.fleet?.yield(this.name));
  }

  async #takeOffered(signal: AbortSignal): Promise<void> {
    const { kept, lifecycle, serve } = this.#host;
    const { id } = this.settings;
    const known = this.#known;
    if (known === null || known.pem === null)
      throw new AcmeError("acme-files", "The fleet has taken back its certificate.");
    await kept.writeIssued(id, known.pem);
    signal.throwIfAborted();
    // The order is another node's, until this one takes it up.
    await kept.write(id, { ...known.kept, order: null });
    const issued = this.#load(known.pem, known.pem);
    signal.throwIfAborted();
    if (this.#isServed(issued)) return;
    await serve(issued);
    const { notValidAfter, subjectAlternativeNames: domains } = issued;
    lifecycle.emit({ type: "certificate.received", certificate: id, domains, notValidAfter });
  }

  async #readKept(): Promise<KeptCertificate> {
    await this.#host.fleet?.upToDate();
    const { issuedFrom, order, failures, retryAt } = await this.#kept();
    const issued = await this.#issued();
    // The process may have ended between the issue and the use.
    const from = issued !== null && order !== null && isFor(order.privateKey, issued) ? order.directory : issuedFrom;
    return {
      isOffered: this.#offered(issued) !== null,
      isIssued: issued !== null && coversDomains(issued, this.settings) && from === this.settings.directory,
      failures,
      pause: Math.max(0, retryAt - this.#now),
    };
  }

  async #account(signal: AbortSignal): Promise<AcmeAccount> {
    const account = await this.#host.account(this.settings);
    await account.open(this.settings.contact, signal);
    return account;
  }

  async #placeOrder(signal: AbortSignal): Promise<void> {
    const { domains, directory } = this.settings;
    const account = await this.#account(signal);
    const kept = await this.#kept();
    if (await this.#isUnderWay(kept, { account, signal })) {
      // Another node of the fleet may have placed it.
      await this.#keep({ order: kept.order });
      return;
    }
    const issued = await this.#issued();
    const replaces = issued && kept.issuedFrom === directory ? await renewalId(issued.certificate) : null;
    const url = await placeOrder(account, { domains, replaces, signal });
    signal.throwIfAborted();
    await this.#keep({ order: { url, directory, domains: [...domains], privateKey: newPrivateKey() } });
  }

  /** Whether an earlier attempt, or an earlier process, has placed an order that can still be carried out. */
  async #isUnderWay(
    { order }: KeptOrder,
    { account, signal }: { readonly account: AcmeAccount; readonly signal: AbortSignal },
  ): Promise<boolean> {
    const { domains, directory } = this.settings;
    if (order === null || order.directory !== directory || !isDeepStrictEqual(order.domains, [...domains]))
      return false;
    try {
      const { status } = await new AcmeOrder(account, order.url, signal).status();
      return status !== "invalid";
    } catch (error) {
      // Forgotten by the authority, or of another account.
      if (error instanceof AcmeError && error.code === "acme-refused") return false;
      throw error;
    }
  }

  async #orderUnderWay(signal: AbortSignal) {
    const { order } = await this.#kept();
    if (order === null)
      throw new AcmeError("acme-files", "The order under way is not on disk any more. Another one is placed.");
    return { kept: order, order: new AcmeOrder(await this.#account(signal), order.url, signal) };
  }

  async #proveDomains(signal: AbortSignal): Promise<void> {
    const { order } = await this.#orderUnderWay(signal);
    const { answers, fleet } = this.#host;
    await order.prove(this.settings.challenge, fleet?.proofsFor(this.name) ?? answers);
  }

  async #obtain(signal: AbortSignal): Promise<void> {
    const { kept, order } = await this.#orderUnderWay(signal);
    const certificate = await order.certificate(this.settings.domains, kept.privateKey);
    try {
      this.#check(certificate, kept.privateKey);
    } catch (error) {
      await this.#keep({ order: null });
      throw error;
    }
    signal.throwIfAborted();
    const pem = pemOf(kept.privateKey, certificate);
    await this.#host.kept.writeIssued(this.settings.id, pem);
    await this.#share({ pem, renewal: null });
  }

  /** Changes what the other nodes of a fleet know. */
  async #share(change: Partial<FleetCertificate>): Promise<void> {
    const { fleet } = this.#host;
    if (fleet)
      await fleet.write(this.name, { kept: await this.#kept(), pem: null, renewal: null, ...this.#known, ...change });
  }

  #load(certificate: string, privateKey: string): LoadedCertificate {
    return checkCertificate({ id: this.settings.id, certificate, privateKey, now: dateOf(this.#host.clock) });
  }

  #check(certificate: string, privateKey: string): void {
    const unusable = (why: string, cause?: unknown) =>
      new AcmeError("acme-unusable-certificate", `What was issued cannot be served: ${why}. Another one is ordered.`, {
        cause,
      });
    let loaded: LoadedCertificate;
    try {
      loaded = this.#load(certificate, privateKey);
    } catch (error) {
      throw unusable(messageOf(error), error);
    }
    if (!coversDomains(loaded, this.settings))
      throw unusable(`it is for ${loaded.subjectAlternativeNames.join(", ") || "no name"}`);
    if (loaded.notValidAfter.getTime() <= this.#now) throw unusable("it has expired already");
  }

  async #putInForce(signal: AbortSignal): Promise<void> {
    const { id, directory } = this.settings;
    const issued = await this.#issued();
    if (issued === null)
      throw new AcmeError("acme-files", "The certificate is not on disk any more. Another one is ordered.");
    // The document may not have it any more, or a successor may have taken over.
    signal.throwIfAborted();
    if (!this.#isServed(issued)) await this.#host.serve(issued);
    const { order } = await this.#host.kept.read(id);
    const isOrdered = order !== null && isFor(order.privateKey, issued);
    signal.throwIfAborted();
    // A kept certificate leaves the failures of its renewal as they are.
    if (isOrdered)
      await this.#keep({ order: null, issuedFrom: directory, issuedAt: this.#now, failures: 0, retryAt: 0 });
    const { notValidAfter, subjectAlternativeNames: domains } = issued;
    // An earlier process has got it, which was in no fleet, or the engine has forgotten it.
    if (this.#isNews(issued)) await this.#share({ pem: pemOf(issued.privateKey, issued.certificate) });
    if (isOrdered) this.#host.lifecycle.emit({ type: "certificate.issued", certificate: id, domains, notValidAfter });
  }

  async #lookAtRenewal(signal: AbortSignal): Promise<RenewalOutlook> {
    const { order, issuedAt } = await this.#kept();
    const issued = await this.#issued();
    if (order !== null || issued === null) return { isDue: true, pause: 0 };
    const { authority } = await this.#host.account(this.settings);
    const known = this.#known?.renewal ?? null;
    const { at, pause, kept } = await this.#renewal.of(issued, {
      ...{ authority, signal, now: this.#now, issuedAt },
      kept: known,
    });
    this.#renewsAt = at;
    if (kept.lookAt !== known?.lookAt) await this.#share({ renewal: kept });
    // Whoever of a fleet asks first tells the others.
    const apart = this.#host.fleet ? this.actor.getSnapshot().context.jitter * SPREAD : 0;
    return { isDue: pause === 0, pause: pause + apart };
  }

  #reportOrder(): void {
    const { id, domains, directory } = this.settings;
    this.#host.lifecycle.emit({
      type: "certificate.ordered",
      certificate: id,
      domains,
      authority: new URL(directory).host,
    });
  }

  #reportFailure({ error, failures, pause }: { error: unknown; failures: number; pause: number }): void {
    const retryAt = this.#now + pause;
    const { id } = this.settings;
    this.#host.lifecycle.emit({
      type: "certificate.orderFailed",
      certificate: id,
      error,
      failures,
      retryAt: new Date(retryAt),
    });
    // Where it cannot be written, the next process tries at once.
    this.#keep({ failures, retryAt }, { here: true }).catch(() => {});
  }

  /** No node tries before this one would. */
  #shareFailure(failures: number, pause: number): void {
    const retryAt = this.#now + pause;
    const told = this.#writing.then(async () => this.#share({ kept: { ...(await this.#kept()), failures, retryAt } }));
    this.#writing = told.catch(() => {});
  }

  /** On disk, and with the fleet unless it is a matter of this node. */
  #keep(change: Partial<KeptOrder>, { here = false } = {}): Promise<void> {
    const { kept } = this.#host;
    const { id } = this.settings;
    const written = this.#writing.then(async () => {
      const changed = { ...(await this.#kept()), ...change };
      await kept.write(id, changed);
      if (!here) await this.#share({ kept: changed });
    });
    this.#writing = written.catch(() => {});
    return written;
  }
}

function isFor(privateKey: string, { certificate }: LoadedCertificate): boolean {
  return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey));
}

function pemOf(privateKey: string, certificate: string): string {
  return `${privateKey.trim()}\n${certificate.trim()}\n`;
}
