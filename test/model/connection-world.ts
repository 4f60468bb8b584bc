/** A server whose connections are looked at: each of its listeners makes another kind. */
import { createGatehouse } from "../../src/index.ts";
import { type Bench, Driver, type Stimulus } from "../../src/testing/index.ts";
import { issue } from "../runtime/tls/certificate-fixtures.ts";
import { newTalk, streamProtocol, type Talk, talkProtocol } from "./talk-protocol.ts";

export const timeouts = { proxyTimeout: 60_000, tlsTimeout: 90_000, drainTimeout: 30_000 };
export const closeTimeout = 5_000;
export const writeTimeout = 300_000;
export const blocked = "192.0.2.66";
const { certificate, privateKey } = await issue({ names: ["localhost"] });

export class ConnectionWorld extends Driver {
  readonly talk: Talk;
  /** Does not come back to the document that it was started with. */
  readonly document: (listeners: readonly string[], drainTimeout?: number) => object;

  constructor(bench: Bench, tlsImplicit: boolean) {
    const talk = newTalk();
    const document = documentOf(tlsImplicit);
    const gatehouse = createGatehouse({
      ...bench.options,
      config: document(["direct", "proxied", "stream"]),
      protocols: [talkProtocol(talk), streamProtocol(talk)],
      backend: {},
    });
    super(gatehouse, bench);
    this.talk = talk;
    this.document = document;
  }
}

function documentOf(tlsImplicit: boolean) {
  const common = {
    bind: ["127.0.0.1:0"],
    tlsImplicit,
    proxyTimeout: timeouts.proxyTimeout,
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

export type ConnectionStimulus = Stimulus<ConnectionWorld>;
