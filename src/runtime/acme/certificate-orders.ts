/** The certificates of the document in force that renew themselves: one machine for each. */
import { isDeepStrictEqual } from "node:util";
import type { Subscription } from "rxjs";
import { type AcmeCertificate, type Configuration, isAcme } from "../../config/index.ts";
import { messageOf } from "../../config/values/thrown.ts";
import { resolveText } from "../tls/secret-text.ts";
import { AcmeError } from "./acme-error.ts";
import { AcmeAccount } from "./acme-order.ts";
import { Authority } from "./authority.ts";
import type { ExternalAccount } from "./jws.ts";
import { accountName, KeptOrders } from "./kept-order.ts";
import { OrderedCertificate, type OrderedCertificateStatus, type OrdersHost } from "./ordered-certificate.ts";

export class CertificateOrders {
  readonly #host: OrdersHost;
  readonly #accounts = new Map<string, Promise<AcmeAccount>>();
  readonly #news: Subscription | undefined;
  #ordered = new Map<string, OrderedCertificate>();
  #stopped: Promise<void> | null = null;

  constructor(options: Omit<OrdersHost, "kept" | "account">) {
    const kept = new KeptOrders(options.dataDirectory);
    this.#host = { ...options, kept, account: (settings) => this.#account(settings) };
    this.#news = options.fleet?.told$.subscribe((of) => this.#tell(of));
  }

  #tell(of: string | null): void {
    // Another account may be the fleet's by now.
    this.#accounts.clear();
    for (const ordered of this.#ordered.values()) if (of === null || of === ordered.name) ordered.tell();
  }

  /** Begins what is new in the document, and ends what is not in it any more; the rest goes on. */
  follow({ certificates }: Configuration): void {
    const before = this.#ordered;
    this.#ordered = new Map();
    for (const settings of certificates) {
      if (!isAcme(settings)) continue;
      const running = before.get(settings.id);
      if (running && isDeepStrictEqual(running.settings, settings)) {
        before.delete(settings.id);
        this.#ordered.set(settings.id, running);
        running.remain().catch(() => {});
      } else this.#ordered.set(settings.id, new OrderedCertificate(settings, this.#host));
    }
    for (const former of before.values()) void former.stop();
    const names = new Set([...this.#ordered.values()].map(({ name }) => name));
    for (const { name } of before.values()) if (!names.has(name)) this.#host.fleet?.forget(name);
    for (const { actor } of this.#ordered.values()) actor.start();
  }

  get all(): Iterable<OrderedCertificate> {
    return this.#ordered.values();
  }

  statusOf(id: string): OrderedCertificateStatus | null {
    return this.#ordered.get(id)?.status ?? null;
  }

  /** Resolves when nothing more is written to the data folder. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#news?.unsubscribe();
    const stopped = [...this.#ordered.values()].map((ordered) => ordered.stop());
    this.#ordered.clear();
    await Promise.all(stopped);
    await this.#host.kept.close();
  }

  async #account({ directory, eabKeyId, eabHmacKey }: AcmeCertificate): Promise<AcmeAccount> {
    const name = JSON.stringify([directory, eabKeyId, eabHmacKey]);
    const known = this.#accounts.get(name);
    if (known) return known;
    const { clock } = this.#host;
    const external = () => externalAccount(eabKeyId, eabHmacKey);
    const made = this.#accountKey(directory, eabKeyId).then(
      (privateKey) => new AcmeAccount(new Authority(directory), { privateKey, clock, external }),
    );
    this.#accounts.set(name, made);
    made.catch(() => this.#accounts.delete(name));
    return made;
  }

  /** One for all nodes of a fleet: what an authority allows, it allows to an account. */
  async #accountKey(directory: string, eabKeyId: string | null): Promise<string> {
    const { kept, fleet } = this.#host;
    const own = await kept.accountKey(directory, eabKeyId);
    if (!fleet) return own;
    const shared = await fleet.accountKey(accountName(directory, eabKeyId), own);
    if (shared !== own) await kept.writeAccountKey(shared, directory, eabKeyId);
    return shared;
  }
}

/** @throws AcmeError `acme-external-account` */
async function externalAccount(
  keyId: string | null,
  hmacKey: AcmeCertificate["eabHmacKey"],
): Promise<ExternalAccount | null> {
  if (keyId === null || hmacKey === null) return null;
  const unusable = (why: string, cause?: unknown) =>
    new AcmeError("acme-external-account", `The key of the external account ${keyId} cannot be used: ${why}`, {
      cause,
    });
  const text = await resolveText(hmacKey).catch((cause) => {
    throw unusable(messageOf(cause), cause);
  });
  if (!/^[\w-]+=*$/.test(text.trim())) throw unusable("it is not in base64url. Give it as the authority shows it.");
  return { keyId, hmacKey: Buffer.from(text.trim(), "base64url") };
}
