/** One order at an authority (RFC 8555 section 7.4): placed, proved, finalized, downloaded. */
import type { AcmeCertificate } from "../../config/index.ts";
import type { Clock } from "../time/clock.ts";
import { unixTimeOf } from "../time/clock.ts";
import { pause } from "../time/waits.ts";
import { AcmeError } from "./acme-error.ts";
import { type Authorization, authorizationAnswer, type Order, orderAnswer } from "./answers.ts";
import { type Answer, type Asked, type Authority, describeProblem } from "./authority.ts";
import type { ProofPublisher } from "./challenge-answers.ts";
import {
  type AccountKey,
  accountKey,
  type ExternalAccount,
  externalBinding,
  keyAuthorization,
  type Signer,
} from "./jws.ts";
import { retryAfterIn } from "./retry-after.ts";
import { certificateRequest } from "./x509.ts";

/** Between two looks, where the authority says nothing, in milliseconds. */
const USUAL_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

export interface AccountOptions {
  readonly privateKey: string;
  readonly clock: Clock;
  /** What the account is bound to when it is made, read then; null where the authority wants nothing of the kind. */
  readonly external: () => Promise<ExternalAccount | null>;
}

/** The account at an authority. */
export class AcmeAccount {
  readonly authority: Authority;
  readonly key: AccountKey;
  readonly #clock: Clock;
  readonly #external: AccountOptions["external"];
  #kid: string | null = null;
  #contact = "";

  constructor(authority: Authority, { privateKey, clock, external }: AccountOptions) {
    this.authority = authority;
    this.key = accountKey(privateKey);
    this.#clock = clock;
    this.#external = external;
  }

  /** Makes the account, or finds the one of this key; who may be written to is put right. @throws AcmeError */
  async open(contact: readonly string[], signal: AbortSignal): Promise<void> {
    const wanted = contact.map((address) => `mailto:${address}`);
    if (this.#kid !== null && this.#contact === wanted.join()) return;
    const answer = await this.#findOrMake(wanted, signal);
    const kid = answer.headers.get("Location");
    if (kid === null) throw new AcmeError("acme-unreachable", "The authority has given its account no address.");
    this.#kid = kid;
    // One that was there keeps its contact until it is given another.
    if (answer.status === 200) await this.post(kid, { contact: wanted }, signal);
    this.#contact = wanted.join();
  }

  async #findOrMake(contact: readonly string[], signal: AbortSignal): Promise<Answer> {
    const { newAccount: url, meta } = await this.authority.directory(signal);
    const asked = { ...this.#asked(signal), signer: { key: this.key, kid: null } };
    const made = { termsOfServiceAgreed: true, contact };
    const external = await this.#external();
    if (!external && !meta?.externalAccountRequired) return this.authority.post(url, made, asked);
    try {
      // Some authorities take a binding once.
      return await this.authority.post(url, { onlyReturnExisting: true }, asked);
    } catch (error) {
      if (!(error instanceof AcmeError && error.problem === "accountDoesNotExist")) throw error;
    }
    if (!external) {
      const text =
        "The authority wants an account that you have made there: give its key identifier and key as eabKeyId and eabHmacKey.";
      throw new AcmeError("acme-external-account", text);
    }
    const externalAccountBinding = externalBinding(external, { key: this.key, url });
    return this.authority.post(url, { ...made, externalAccountBinding }, asked);
  }

  /** @throws AcmeError */
  async post(url: string, payload: object | null, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.authority.post(url, payload, this.#asked(signal));
    } catch (error) {
      // The authority has forgotten the account: the next attempt makes it again.
      if (error instanceof AcmeError && error.problem === "accountDoesNotExist") this.#kid = null;
      throw error;
    }
  }

  get now(): number {
    return unixTimeOf(this.#clock);
  }

  /** Waits as long as an answer says. */
  wait({ headers }: Answer, signal: AbortSignal): Promise<void> {
    const wanted = retryAfterIn(headers, this.now) ?? USUAL_PAUSE;
    return pause(this.#clock, Math.min(Math.max(wanted, USUAL_PAUSE), LONGEST_PAUSE), signal);
  }

  #asked(signal: AbortSignal): Asked {
    const signer: Signer = { key: this.key, kid: this.#kid };
    return { signer, signal, now: this.now };
  }
}

/** @param replaces the certificate that this one takes the place of, by its id of RFC 9773. @returns its address */
export async function placeOrder(
  account: AcmeAccount,
  { domains, replaces, signal }: { domains: readonly string[]; replaces: string | null; signal: AbortSignal },
): Promise<string> {
  const { newOrder, renewalInfo } = await account.authority.directory(signal);
  const identifiers = domains.map((value) => ({ type: "dns", value }));
  const place = async (extra: object): Promise<string> => {
    const answer = await account.post(newOrder, { identifiers, ...extra }, signal);
    const url = answer.headers.get("Location");
    if (url === null) throw new AcmeError("acme-unreachable", "The authority has given its order no address.");
    return url;
  };
  if (replaces === null || renewalInfo === undefined) return place({});
  try {
    return await place({ replaces });
  } catch (error) {
    // Replaced already, or unknown (RFC 9773 section 5): a certificate is needed all the same.
    const isAboutReplacing =
      error instanceof AcmeError && ["alreadyReplaced", "malformed"].includes(error.problem ?? "");
    if (!isAboutReplacing) throw error;
    return place({});
  }
}

export class AcmeOrder {
  readonly #account: AcmeAccount;
  readonly #url: string;
  readonly #signal: AbortSignal;

  constructor(account: AcmeAccount, url: string, signal: AbortSignal) {
    this.#account = account;
    this.#url = url;
    this.#signal = signal;
  }

  async status(): Promise<Order> {
    return (await this.#look()).order;
  }

  /** Answers the challenges of all domains until the authority has seen them. @throws AcmeError */
  async prove(challenge: AcmeCertificate["challenge"], answers: ProofPublisher): Promise<void> {
    const order = await this.status();
    if (order.status === "pending") {
      const outcomes = await Promise.allSettled(
        order.authorizations.map((url) => this.#proveOne(url, { challenge, answers })),
      );
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    }
    await this.#until((status) => status !== "pending");
  }

  async #proveOne(
    url: string,
    { challenge, answers }: { challenge: AcmeCertificate["challenge"]; answers: ProofPublisher },
  ): Promise<void> {
    const first = await this.#authorization(url);
    if (first.authorization.status === "valid") return;
    const { value: domain } = first.authorization.identifier;
    const offered = first.authorization.challenges.find(({ type }) => type === challenge);
    if (offered?.token === undefined) {
      const others = first.authorization.challenges.map(({ type }) => type).join(", ") || "none";
      const text = `The authority does not offer ${challenge} for ${domain}, but ${others}. Choose another challenge.`;
      throw new AcmeError("acme-challenge-failed", text);
    }
    const { token } = offered;
    const proven = { domain, challenge, token, keyAuthorization: keyAuthorization(token, this.#account.key) };
    const withdraw = await answers.publish(proven);
    try {
      if (first.authorization.status === "pending") await this.#account.post(offered.url, {}, this.#signal);
      for (;;) {
        const { authorization, answer } = await this.#authorization(url);
        if (authorization.status === "valid") return;
        if (authorization.status !== "pending") throw unproven(domain, { challenge, authorization });
        await this.#account.wait(answer, this.#signal);
      }
    } finally {
      withdraw();
    }
  }

  async #authorization(url: string) {
    const answer = await this.#account.post(url, null, this.#signal);
    return { answer, authorization: this.#account.authority.read(authorizationAnswer, answer) };
  }

  /** Hands in the request, and waits for the certificate. @returns its chain in PEM. @throws AcmeError */
  async certificate(domains: readonly string[], privateKey: string): Promise<string> {
    const order = await this.#until((status) => status !== "pending");
    if (order.status === "ready") {
      const csr = await certificateRequest(domains, privateKey);
      await this.#account.post(order.finalize, { csr }, this.#signal);
    }
    const { certificate } = await this.#until((status) => status === "valid");
    if (certificate === undefined)
      throw new AcmeError("acme-unreachable", "The authority has issued a certificate, and does not say where it is.");
    return (await this.#account.post(certificate, null, this.#signal)).text;
  }

  async #until(isReached: (status: Order["status"]) => boolean): Promise<Order> {
    for (;;) {
      const { order, answer } = await this.#look();
      if (order.status === "invalid") {
        const why = order.error ? describeProblem(order.error) : "";
        throw new AcmeError("acme-refused", `The authority has given up the order${why}. Another one is placed.`);
      }
      if (isReached(order.status)) return order;
      await this.#account.wait(answer, this.#signal);
    }
  }

  async #look() {
    const answer = await this.#account.post(this.#url, null, this.#signal);
    return { answer, order: this.#account.authority.read(orderAnswer, answer) };
  }
}

function unproven(
  domain: string,
  { challenge, authorization }: { challenge: AcmeCertificate["challenge"]; authorization: Authorization },
): AcmeError {
  const { error } = authorization.challenges.find(({ type }) => type === challenge) ?? {};
  const where =
    challenge === "tls-alpn-01" ? "port 443 leads to a listener with TLS" : "port 80 leads to an http listener";
  const why = error ? describeProblem(error) : ` (${authorization.status})`;
  const text = `The authority could not see the proof for ${domain}${why}. Check that ${domain} leads to this server, and that ${where}.`;
  return new AcmeError("acme-challenge-failed", text);
}
