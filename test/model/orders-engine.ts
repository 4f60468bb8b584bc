/** An engine in memory, for one node that shares orders of certificates with others, which a test speaks for. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { FleetCertificate } from "../../src/runtime/acme/kept-order.ts";
import type { Engine, EngineOptions, EngineScript, OpenEngine, ScriptCall } from "../../src/runtime/fleet/engine.ts";
import { sayScript } from "../../src/runtime/fleet/engine-scripts.ts";
import { Seal } from "../../src/runtime/fleet/seal.ts";
import { type SettleAnswer, type SettleRequest, settleScript } from "../../src/runtime/fleet/settle-script.ts";
import {
  changeScript,
  claimScript,
  readScript,
  type SharedChange,
  yieldScript,
} from "../../src/runtime/fleet/shared-state.ts";

const [fleet, secret, epoch] = ["certificates", "a key that all nodes of the model have", "one"];

interface Claim {
  grant(isGranted: boolean): void;
  fail(error: Error): void;
}

export class OrdersEngine implements Engine {
  readonly cluster = {
    // Longer than any path.
    ...{ url: "redis://127.0.0.1:1", node: "a", keyPrefix: fleet, leaseTime: 20 * 86_400_000 },
    encryptionKey: { "@type": "Text" as const, secret },
  };
  /** What it has been asked last about the order, and has not answered. */
  claim: Claim | null = null;
  /** This node has the order, by the engine's account. */
  isClaimed = false;
  /** The proofs that all nodes were told of, until they were taken back. */
  readonly proofs = new Set<string>();
  readonly #seal = new Seal(secret, fleet);
  readonly #fields = new Map<string, SharedChange>();
  readonly #name: string;
  #version = 0;
  #options: EngineOptions | null = null;
  /** Answers at once from here on. */
  #isQuick = false;

  /** @param name of the certificate */
  constructor(name: string) {
    this.#name = name;
  }

  readonly open: OpenEngine = async (options) => {
    this.#options = options;
    return this;
  };

  async reach(): Promise<void> {}

  close(): void {}

  release(): void {
    this.#isQuick = true;
    this.claim?.grant(false);
  }

  async run({ digest }: EngineScript, { args }: ScriptCall): Promise<unknown> {
    switch (digest) {
      case settleScript.digest:
        return JSON.stringify(this.#settled(JSON.parse(args[1] ?? "") as SettleRequest));
      case changeScript.digest:
        return this.#change((JSON.parse(args[1] ?? "") as { change: SharedChange }).change);
      case readScript.digest:
        return JSON.stringify({ epoch, members: this.#members(), gone: [] });
      case claimScript.digest:
        return this.#asked();
      case yieldScript.digest:
        this.isClaimed = false;
        return 1;
      case sayScript.digest:
        return 1;
    }
    throw new Error("The model's engine has no such script.");
  }

  /** Another node changes what all know of the certificate. */
  tell(known: FleetCertificate | null): void {
    const sealed = this.#seal.close(`certificate/${this.#name}`, Buffer.from(JSON.stringify(known)));
    const value = known && { id: `b#${this.#version}`, at: 0, sealed };
    const change: SharedChange = { kind: "certificate", name: this.#name, value };
    this.#change(change);
    const note = { note: "changed", by: "b", version: this.#version, epoch, change };
    this.#options?.listener.heard(JSON.stringify(note));
  }

  /** What all nodes know of the certificate. */
  get known(): FleetCertificate | null {
    const change = this.#fields.get(`certificate/${this.#name}`);
    if (change?.kind !== "certificate" || change.value === null) return null;
    const content = this.#seal.open(`certificate/${this.#name}`, change.value.sealed);
    return JSON.parse(content.toString("utf8")) as FleetCertificate;
  }

  /** The key and the certificate belong together, as another node would find them. */
  get isWhole(): boolean {
    const pem = this.known?.pem ?? null;
    return pem === null || new X509Certificate(pem).checkPrivateKey(createPrivateKey(pem));
  }

  #settled({ member, node, facts, slots }: SettleRequest): SettleAnswer {
    return {
      ...{ held: true, closedFor: 0, document: "" },
      members: [{ member, node, age: 0, facts }],
      shared: { version: this.#version, epoch },
      slots: slots.map(({ want }) => ({ granted: want, others: 0 })),
    };
  }

  #change(change: SharedChange): string {
    const field = `${change.kind}/${change.name}`;
    if (change.kind === "proof" && change.value) this.proofs.add(change.name);
    if (change.kind === "proof" && !change.value) this.proofs.delete(change.name);
    if (change.value === null) this.#fields.delete(field);
    else this.#fields.set(field, change);
    this.#version += 1;
    return epoch ?? "";
  }

  #members(): (readonly [field: string, text: string])[] {
    const fields = [...this.#fields].map(([field, change]) => [field, JSON.stringify(change)] as const);
    return [...fields, ["#version", String(this.#version)]];
  }

  #asked(): Promise<number> | number {
    if (this.#isQuick) return 0;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const settle = (answer: () => void): void => {
      this.claim = null;
      answer();
    };
    this.claim = {
      grant: (isGranted) =>
        settle(() => {
          this.isClaimed = isGranted;
          resolve(isGranted ? 1 : 0);
        }),
      fail: (error) => settle(() => reject(error)),
    };
    return promise;
  }
}
