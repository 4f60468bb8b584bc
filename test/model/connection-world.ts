/** A server whose connections are looked at: each of its listeners makes another kind. */
import { type AsyncAdmissionRule, createGatehouse, type Refusal } from "../../src/index.ts";
import { type Bench, Driver, type Stimulus } from "../../src/testing/index.ts";
import { issue } from "../runtime/tls/certificate-fixtures.ts";
import { newTalk, streamProtocol, type Talk, talkProtocol } from "./talk-protocol.ts";

/** Short, since the server looks for descriptors twice a second all the while; a drain takes longer than a close. */
export const timeouts = { proxyTimeout: 12_000, admissionTimeout: 15_000, tlsTimeout: 18_000, drainTimeout: 6_000 };
export const closeTimeout = 5_000;
export const writeTimeout = 300_000;
export const blocked = "192.0.2.66";
const { certificate, privateKey } = await issue({ names: ["localhost"] });

/** What a model's connections are like. */
export interface ConnectionKind {
  readonly tlsImplicit: boolean;
  /** Two rules ask elsewhere: `strict` refuses when it fails, `lenient` admits. */
  readonly asyncAdmission: boolean;
}

export class ConnectionWorld extends Driver {
  readonly talk: Talk;
  readonly rules: OpenQuestions;
  /** Does not come back to the document that it was started with. */
  readonly document: (listeners: readonly string[], drainTimeout?: number) => object;

  constructor(bench: Bench, { tlsImplicit, asyncAdmission }: ConnectionKind) {
    const talk = newTalk();
    const document = documentOf(tlsImplicit);
    const rules = new OpenQuestions();
    const gatehouse = createGatehouse({
      ...bench.options,
      config: document(["direct", "proxied", "stream"]),
      protocols: [talkProtocol(talk), streamProtocol(talk)],
      backend: {},
      admission: asyncAdmission ? [rules.rule("strict"), rules.rule("lenient", "admit")] : [],
    });
    super(gatehouse, bench);
    this.rules = rules;
    this.talk = talk;
    this.document = document;
  }
}

function documentOf(tlsImplicit: boolean) {
  const common = {
    bind: ["127.0.0.1:0"],
    tlsImplicit,
    proxyTimeout: timeouts.proxyTimeout,
    admissionTimeout: timeouts.admissionTimeout,
    tlsTimeout: timeouts.tlsTimeout,
  };
  const listeners: Readonly<Record<string, object>> = {
    direct: { name: "direct", protocol: "talk", ...common },
    proxied: { name: "proxied", protocol: "talk", ...common, overrideProxyTrustedNetworks: ["127.0.0.1"] },
    stream: { name: "stream", protocol: "stream", ...common },
    other: { name: "other", protocol: "talk", ...common },
  };
  return (names: readonly string[], drainTimeout = timeouts.drainTimeout): object => ({
    SystemSettings: { defaultHostname: "localhost", drainTimeout },
    Certificate: {
      main: {
        certificate: { "@type": "Text", value: certificate },
        privateKey: { "@type": "Text", secret: privateKey },
      },
    },
    BlockedIp: [{ address: blocked }],
    NetworkListener: names.map((name) => listeners[name]),
  });
}

type RuleName = "strict" | "lenient";

/** What rules have been asked and have not answered. */
export class OpenQuestions {
  readonly #open = new Map<string, PromiseWithResolvers<Refusal | null>>();
  asked = 0;
  /** Questions whose answer nobody waits for any longer. */
  withdrawn = 0;

  rule(name: RuleName, onFailure: "admit" | "refuse" = "refuse"): AsyncAdmissionRule {
    return {
      ...{ name, onFailure },
      ask: (_request, signal) => {
        const answer = Promise.withResolvers<Refusal | null>();
        this.#open.set(name, answer);
        this.asked += 1;
        signal.addEventListener("abort", () => {
          this.withdrawn += 1;
        });
        return answer.promise;
      },
    };
  }

  answer(name: RuleName, refusal: Refusal | null): void {
    this.#open.get(name)?.resolve(refusal);
  }

  fail(name: RuleName): void {
    this.#open.get(name)?.reject(new Error("nobody answers"));
  }
}

export type ConnectionStimulus = Stimulus<ConnectionWorld>;
