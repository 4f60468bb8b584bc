/** A Gatehouse that keeps the Sieve scripts of two accounts, in clear with STARTTLS and under implicit TLS. */
import { join } from "node:path";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { ann, bob } from "./mail-server.ts";

export interface ScriptServer extends RunningGatehouse {
  /** The certificate in PEM, for clients to trust; valid for `localhost` and `127.0.0.1`. */
  readonly certificateFile: string;
}

export async function startScriptServer(): Promise<ScriptServer> {
  const running = await runGatehouse({
    SystemSettings: { defaultHostname: "localhost" },
    Account: Object.fromEntries(
      [ann, bob].map(({ address, password }) => [address, { secret: { "@type": "Text", secret: password } }]),
    ),
    NetworkListener: [
      { name: "sieve", protocol: "manageSieve", bind: ["127.0.0.1:0"] },
      { name: "sieves", protocol: "manageSieve", bind: ["127.0.0.1:0"], tlsImplicit: true },
    ],
  });
  return { ...running, certificateFile: join(running.data, "self-signed.crt") };
}
