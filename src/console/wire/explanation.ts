/** What would become of a client that connected now, as the server explains it. */
import { call } from "./jmap.ts";

export interface ExplainedClient {
  readonly listener: string;
  readonly address: string;
  /** Null: it asks for no name. */
  readonly serverName: string | null;
  /** A trusted proxy's header names it. */
  readonly proxied: boolean;
}

export interface Explanation extends ExplainedClient {
  readonly outcome: "served" | "proxy-header" | "waits" | "refused" | "tls-failed" | "unreachable";
  readonly steps: readonly Step[];
  readonly rules: readonly Rule[];
  readonly tls: ExplainedTls | null;
}

export interface Step {
  readonly chart: "listener" | "admission" | "connection";
  readonly state: string;
  readonly text: string;
}

export interface Rule {
  readonly rule: string;
  readonly limit: number | null;
  readonly current: number | null;
  readonly refusal: object | null;
  readonly text?: string;
}

export interface ExplainedTls {
  readonly begins: "implicit" | "starttls";
  readonly versions: readonly string[];
  readonly suites: readonly string[];
  /** `none`, `optional` or `required`. */
  readonly clientAuth: string;
  /** Null: the self-signed one. */
  readonly certificate: string | null;
  readonly version: string | null;
  readonly cipherSuite: string | null;
  readonly error: string | null;
}

/** @throws WireError, MethodError for a question that cannot be answered. */
export async function explain({ listener, ...client }: ExplainedClient): Promise<Explanation> {
  const [answer = {}] = await call(["x:NetworkListener/explain", { listenerId: listener, ...client }]);
  return answer["explanation"] as unknown as Explanation;
}
