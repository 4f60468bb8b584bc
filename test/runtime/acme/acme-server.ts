/**
 * An authority for tests, written to RFC 8555, 8737 and 9773: it verifies signatures and nonces, looks for the proofs by
 * connecting, and issues what the request asks for. What it does wrong is said beforehand.
 */
import { createHash, createHmac, createPublicKey, randomUUID, verify } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import {
  AuthorityKeyIdentifierExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { onTestFinished } from "vitest";
import { trusted } from "./trusted.ts";

export type Resource =
  | "directory"
  | "newNonce"
  | "newAccount"
  | "newOrder"
  | "challenge"
  | "finalize"
  | "certificate"
  | "renewalInfo";

export type AcmeFault =
  | { readonly status: number; readonly type?: string; readonly retryAfter?: string }
  | "malformed"
  | "hang"
  | "unseen"
  | "wrong key"
  | "wrong name";

interface Order {
  readonly domain: string;
  readonly token: string;
  readonly account: string;
  status: "pending" | "ready" | "valid" | "invalid";
  chain: string;
  replaces: unknown;
}

interface Jws {
  readonly resource: Resource | "order" | "authorization" | "account";
  readonly id: string;
  readonly account: string;
  readonly payload: Record<string, unknown> | null;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export class AcmeServer {
  /** What goes wrong next, by resource. */
  readonly faults = new Map<Resource, AcmeFault[]>();
  /** Thumbprints of the keys of its accounts. */
  readonly accounts = new Map<string, Record<string, string>>();
  readonly orders = new Map<string, Order>();
  /** Where proofs are looked for. */
  readonly ports = { tls: 0, http: 0 };
  /** Of what it issues, in milliseconds around now. */
  validity = { from: -3_600_000, to: 90 * 86_400_000 };
  /** The window that renewalInfo suggests; null for no such resource. */
  suggested: { readonly start: string; readonly end: string } | null = null;
  /** Seconds until it wants to be asked for it again. */
  askAgain: number | null = null;
  /** Of accounts that were made elsewhere, by key identifier; it wants one of them when there is any. */
  readonly external = new Map<string, Buffer>();
  /** Runs before it answers a request. */
  beforeAnswer: (resource: string) => Promise<void> = async () => {};
  /** Runs before it looks for the proof of a token. */
  beforeLook: (token: string) => Promise<void> = async () => {};
  readonly #nonces = new Set<string>();
  #origin = "";
  #server: Server | null = null;
  #authority = crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);

  /** Until the end of the test. */
  static async start(): Promise<AcmeServer> {
    const acme = await AcmeServer.listen();
    onTestFinished(() => acme.close());
    return acme;
  }

  static async listen(): Promise<AcmeServer> {
    const acme = new AcmeServer();
    const { certificate: cert, privateKey: key } = await trusted();
    const server = createServer({ cert, key }, (request, response) => {
      acme.#answer(request, response).catch(() => response.destroy());
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    acme.#origin = `https://localhost:${(server.address() as AddressInfo).port}`;
    acme.#server = server;
    return acme;
  }

  disconnect(): void {
    this.#server?.closeAllConnections();
  }

  close(): void {
    this.disconnect();
    this.#server?.close();
  }

  get directory(): string {
    return `${this.#origin}/directory`;
  }

  fail(resource: Resource, ...faults: AcmeFault[]): void {
    this.faults.set(resource, [...(this.faults.get(resource) ?? []), ...faults]);
  }

  #fault(resource: string): AcmeFault | undefined {
    return this.faults.get(resource as Resource)?.shift();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, resource = "", id = ""] = new URL(request.url ?? "", this.#origin).pathname.split("/");
    const nonce = randomUUID();
    this.#nonces.add(nonce);
    response.setHeader("Replay-Nonce", nonce);
    await this.beforeAnswer(resource);
    const fault = this.#fault(resource);
    if (fault === "hang") return;
    if (fault === "malformed") {
      response.end("<html>");
      return;
    }
    if (typeof fault === "object") {
      if (fault.retryAfter) response.setHeader("Retry-After", fault.retryAfter);
      this.#problem(response, fault.status, fault.type ?? "serverInternal");
      return;
    }
    if (resource === "newNonce") {
      response.end();
      return;
    }
    if (resource === "directory") {
      const names = ["newNonce", "newAccount", "newOrder", ...(this.suggested ? ["renewalInfo"] : [])];
      const urls = Object.fromEntries(names.map((name) => [name, `${this.#origin}/${name}`]));
      this.#json(response, { ...urls, meta: { externalAccountRequired: this.external.size > 0 } });
      return;
    }
    if (resource === "renewalInfo") {
      if (this.askAgain !== null) response.setHeader("Retry-After", this.askAgain);
      this.#json(response, { suggestedWindow: this.suggested });
      return;
    }
    const jws = await this.#verified(request, { resource: resource as Jws["resource"], id });
    if (typeof jws === "string") this.#problem(response, 400, jws);
    else await this.#serve(jws, response, fault);
  }

  /** @returns the type of the problem when the request is not as RFC 8555 section 6.2 says. */
  async #verified(request: IncomingMessage, { resource, id }: Pick<Jws, "resource" | "id">): Promise<Jws | string> {
    if (request.headers["content-type"] !== "application/jose+json") return "malformed";
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const flat = JSON.parse(Buffer.concat(parts).toString()) as Record<"protected" | "payload" | "signature", string>;
    const head = JSON.parse(Buffer.from(flat.protected, "base64url").toString());
    if (head.alg !== "ES256" || head.url !== `${this.#origin}${request.url}`) return "malformed";
    if ((head.jwk === undefined) === (head.kid === undefined)) return "malformed";
    if (!this.#nonces.delete(head.nonce)) return "badNonce";
    const account = head.jwk ? thumbprint(head.jwk) : String(head.kid).split("/").at(-1);
    const jwk = head.jwk ?? this.accounts.get(account ?? "");
    if (!account || !jwk || (head.jwk !== undefined) !== (resource === "newAccount")) return "accountDoesNotExist";
    const key = createPublicKey({ key: jwk, format: "jwk" });
    const signature = Buffer.from(flat.signature, "base64url");
    const text = Buffer.from(`${flat.protected}.${flat.payload}`);
    if (!verify("sha256", text, { key, dsaEncoding: "ieee-p1363" }, signature)) return "malformed";
    const payload = flat.payload === "" ? null : JSON.parse(Buffer.from(flat.payload, "base64url").toString());
    if (resource === "newAccount" && !this.accounts.has(account)) {
      if (payload.onlyReturnExisting) return "accountDoesNotExist";
      if (this.external.size > 0 && !this.#isBound(payload.externalAccountBinding, jwk)) return "unauthorized";
      this.accounts.set(account, jwk);
    }
    return { resource, id, account, payload };
  }

  /** RFC 8555 section 7.3.4. A key is good for one account. */
  #isBound(
    binding: Record<"protected" | "payload" | "signature", string> | undefined,
    jwk: Record<string, string>,
  ): boolean {
    if (!binding) return false;
    const head = JSON.parse(Buffer.from(binding.protected, "base64url").toString());
    const key = this.external.get(head.kid);
    if (!key || head.alg !== "HS256" || head.url !== `${this.#origin}/newAccount`) return false;
    const signature = createHmac("sha256", key).update(`${binding.protected}.${binding.payload}`).digest("base64url");
    if (signature !== binding.signature) return false;
    if (Buffer.from(binding.payload, "base64url").toString() !== JSON.stringify(jwk)) return false;
    this.external.set(head.kid, Buffer.alloc(0));
    return true;
  }

  async #serve(jws: Jws, response: ServerResponse, fault: AcmeFault | undefined): Promise<void> {
    const { resource, account, payload } = jws;
    if (resource === "newAccount" || resource === "account") {
      response.setHeader("Location", `${this.#origin}/account/${account}`);
      this.#json(response, { status: "valid" });
      return;
    }
    if (resource === "newOrder") {
      const id = randomUUID();
      const [identifier] = (payload?.["identifiers"] ?? []) as { value: string }[];
      const domain = identifier?.value ?? "";
      const token = randomUUID();
      this.orders.set(id, { domain, token, account, status: "pending", chain: "", replaces: payload?.["replaces"] });
      response.setHeader("Location", `${this.#origin}/order/${id}`);
      response.statusCode = 201;
      this.#order(response, id);
      return;
    }
    const order = this.orders.get(jws.id);
    if (!order || order.account !== account) return this.#problem(response, 404, "malformed");
    switch (resource) {
      case "order":
        return this.#order(response, jws.id);
      case "authorization":
        return this.#authorization(response, jws.id);
      case "challenge": {
        const { token, domain } = order;
        const key = this.accounts.get(account) ?? {};
        const expected = `${token}.${thumbprint(key)}`;
        await this.beforeLook(token);
        const isProved = fault !== "unseen" && (await this.#isProved(domain, token, expected));
        order.status = isProved ? "ready" : "invalid";
        return this.#json(response, {});
      }
      case "finalize":
        if (order.status !== "ready") return this.#problem(response, 403, "orderNotReady");
        order.chain = await this.issue(String(payload?.["csr"]), fault);
        order.status = "valid";
        return this.#order(response, jws.id);
      case "certificate":
        response.setHeader("Content-Type", "application/pem-certificate-chain");
        response.end(order.chain);
        return;
      default:
        this.#problem(response, 404, "malformed");
    }
  }

  #order(response: ServerResponse, id: string): void {
    const status = this.orders.get(id)?.status;
    this.#json(response, {
      status,
      identifiers: [],
      authorizations: [`${this.#origin}/authorization/${id}`],
      finalize: `${this.#origin}/finalize/${id}`,
      ...(status === "valid" ? { certificate: `${this.#origin}/certificate/${id}` } : {}),
    });
  }

  #authorization(response: ServerResponse, id: string): void {
    const { domain = "", token = "", status = "invalid" } = this.orders.get(id) ?? {};
    const error = { type: "urn:ietf:params:acme:error:connection", detail: "nobody was there" };
    const challenge = (type: string) => ({
      type,
      token,
      url: `${this.#origin}/challenge/${id}`,
      ...(status === "invalid" ? { error } : {}),
    });
    this.#json(response, {
      status: status === "pending" || status === "invalid" ? status : "valid",
      identifier: { type: "dns", value: domain },
      challenges: [this.ports.tls > 0 ? challenge("tls-alpn-01") : challenge("http-01")],
    });
  }

  async #isProved(domain: string, token: string, expected: string): Promise<boolean> {
    if (this.ports.tls > 0) return provedByTls({ domain, port: this.ports.tls, expected });
    const url = `http://127.0.0.1:${this.ports.http}/.well-known/acme-challenge/${token}`;
    const { request } = await import("node:http");
    const asked = request(url, { headers: { Host: domain } }).end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    let text = "";
    for await (const part of answer) text += part;
    return text === expected;
  }

  /** @param csr as it comes in a request of ACME */
  async issue(csr: string, fault?: AcmeFault): Promise<string> {
    const request = new Pkcs10CertificateRequest(Buffer.from(csr, "base64url"));
    if (!(await request.verify())) throw new Error("The request is not signed by its key.");
    const wanted = request.getExtension("2.5.29.17");
    const elsewhere = new SubjectAlternativeNameExtension([{ type: "dns", value: "other.example" }]);
    const own = await this.#authority;
    const other = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const now = Date.now();
    const certificate = await X509CertificateGenerator.create({
      issuer: "CN=Authority of the tests",
      subject: "CN=issued",
      serialNumber: randomUUID().replaceAll("-", ""),
      notBefore: new Date(now + this.validity.from),
      notAfter: new Date(now + this.validity.to),
      signingKey: own.privateKey,
      publicKey: fault === "wrong key" ? other.publicKey : await request.publicKey.export(),
      signingAlgorithm: algorithm,
      extensions: [
        await AuthorityKeyIdentifierExtension.create(own.publicKey),
        fault === "wrong name" || wanted === null ? elsewhere : wanted,
      ],
    });
    return certificate.toString("pem");
  }

  #json(response: ServerResponse, value: object): void {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(value));
  }

  #problem(response: ServerResponse, status: number, type: string): void {
    response.statusCode = status;
    response.setHeader("Content-Type", "application/problem+json");
    response.end(JSON.stringify({ type: `urn:ietf:params:acme:error:${type}`, detail: "as the test wishes" }));
  }
}

/** RFC 7638. */
function thumbprint({ crv, kty, x, y }: Record<string, string>): string {
  return createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
}

/** As a validator does (RFC 8737 section 3). */
export function provedByTls({
  domain,
  port,
  expected,
}: {
  domain: string;
  port: number;
  expected: string;
}): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { port, host: "127.0.0.1", servername: domain, ALPNProtocols: ["acme-tls/1"] };
    const socket = connect({ ...options, rejectUnauthorized: false }, () => {
      const certificate = socket.getPeerX509Certificate();
      const digest = createHash("sha256").update(expected).digest();
      const isThere = certificate?.raw.includes(Buffer.concat([Buffer.of(4, 34, 4, 32), digest])) ?? false;
      resolve(socket.alpnProtocol === "acme-tls/1" && certificate?.subjectAltName === `DNS:${domain}` && isThere);
      socket.destroy();
    });
    socket.on("error", () => resolve(false));
  });
}
