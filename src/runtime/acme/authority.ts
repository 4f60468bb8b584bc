/** One certification authority: its directory, its nonces, and signed requests to it (RFC 8555 sections 6 and 7). */
import type { z } from "zod";
import { printable } from "../../config/values/printable.ts";
import { messageOf } from "../../config/values/thrown.ts";
import { AcmeError } from "./acme-error.ts";
import { type Directory, directoryAnswer, type Problem, problemAnswer } from "./answers.ts";
import { readBody } from "./body.ts";
import { type Signer, signed } from "./jws.ts";
import { retryAfterIn } from "./retry-after.ts";

/** Of one request, in milliseconds. */
const REQUEST_TIMEOUT = 30_000;
/** How often a nonce may be refused (RFC 8555 section 6.5): each refusal brings another one. */
const NONCE_ATTEMPTS = 8;
const CLIENT = "Gatehouse (ACME)";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** What a request is made with. */
export interface Asked {
  readonly signer: Signer;
  readonly signal: AbortSignal;
  /** Unix time in milliseconds, for the dates of Retry-After. */
  readonly now: number;
}

export class Authority {
  readonly #url: string;
  #directory: Directory | null = null;
  #nonces: string[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  get #host(): string {
    return new URL(this.#url).host;
  }

  /** @throws AcmeError */
  async directory(signal: AbortSignal): Promise<Directory> {
    this.#directory ??= this.read(directoryAnswer, await this.get(this.#url, { signal, now: 0 }));
    return this.#directory;
  }

  /** Without a signature. @throws AcmeError */
  async get(url: string, { signal, now }: Pick<Asked, "signal" | "now">): Promise<Answer> {
    const answer = await this.#fetch(url, { method: "GET", signal });
    if (answer.status < 300) return answer;
    throw this.#refusal(answer, now);
  }

  /** Signed; null as the payload asks for what is at the address. @throws AcmeError */
  async post(url: string, payload: object | null, asked: Asked): Promise<Answer> {
    const { signer, signal, now } = asked;
    for (let attempt = 1; ; attempt++) {
      const nonce = this.#nonces.pop() ?? (await this.#newNonce(asked));
      const body = signed(payload, { signer, url, nonce });
      const answer = await this.#fetch(url, { method: "POST", signal, body });
      if (answer.status < 300) return answer;
      const refusal = this.#refusal(answer, now);
      if (refusal.problem !== "badNonce" || attempt === NONCE_ATTEMPTS) throw refusal;
    }
  }

  /** @throws AcmeError when it is not what the protocol says. */
  read<Schema extends z.ZodType>(schema: Schema, { text }: Answer): z.output<Schema> {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new AcmeError("acme-unreachable", `${this.#host} has answered what is no JSON. Check the directory.`, {
        cause,
      });
    }
    const read = schema.safeParse(value);
    if (read.success) return read.data;
    const where = read.error.issues[0]?.path.join(".") || "its answer";
    const message = `${this.#host} has answered what is not of ACME: ${where} is missing or wrong. Check the directory.`;
    throw new AcmeError("acme-unreachable", message);
  }

  async #newNonce({ signal, now }: Asked): Promise<string> {
    const { newNonce } = await this.directory(signal);
    const answer = await this.#fetch(newNonce, { method: "HEAD", signal });
    if (answer.status >= 300) throw this.#refusal(answer, now);
    const nonce = this.#nonces.pop();
    if (nonce !== undefined) return nonce;
    throw new AcmeError("acme-unreachable", `${this.#host} has given no nonce. Check the directory.`);
  }

  async #fetch(
    url: string,
    { signal, method, body }: { readonly signal: AbortSignal; readonly method: string; readonly body?: string },
  ): Promise<Answer> {
    try {
      const response = await fetch(url, {
        method,
        redirect: method === "POST" ? "error" : "follow",
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT)]),
        headers: { "User-Agent": CLIENT, ...(body === undefined ? {} : { "Content-Type": "application/jose+json" }) },
        ...(body === undefined ? {} : { body }),
      });
      const { status, headers } = response;
      const nonce = headers.get("Replay-Nonce");
      if (nonce !== null && /^[\w-]+$/.test(nonce)) this.#nonces = [...this.#nonces, nonce].slice(-10);
      return { status, headers, text: await readBody(response) };
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof AcmeError) throw cause;
      const why = cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause);
      throw new AcmeError("acme-unreachable", `${this.#host} cannot be reached: ${why}. It is asked again.`, { cause });
    }
  }

  #refusal({ status, headers, text }: Answer, now: number): AcmeError {
    const problem = problemIn(text);
    const type = problem.type?.replace("urn:ietf:params:acme:error:", "") ?? null;
    const retryAfter = retryAfterIn(headers, now);
    const what = `${this.#host} has answered ${status}${describeProblem(problem)}`;
    if (type === "rateLimited" || status === 429)
      return new AcmeError("acme-rate-limited", `${what}. It is asked again when it allows that.`, {
        retryAfter,
        problem: type,
      });
    if (status >= 500)
      return new AcmeError("acme-unreachable", `${what}. It is asked again.`, { retryAfter, problem: type });
    const todo = "Correct what it names; it is asked again";
    return new AcmeError("acme-refused", `${what}. ${todo}.`, { retryAfter, problem: type });
  }
}

function problemIn(text: string): Problem {
  try {
    const read = problemAnswer.safeParse(JSON.parse(text));
    return read.success ? read.data : {};
  } catch {
    return {};
  }
}

const LONGEST_DETAIL = 300;

/** In the words of the authority, which are only ever shown. */
export function describeProblem({ type, detail }: Problem): string {
  const kind = type?.replace("urn:ietf:params:acme:error:", "");
  const words = [kind, detail].filter((part) => part !== undefined).join(": ");
  const shown = printable(words.slice(0, LONGEST_DETAIL)).replace(/\.$/, "");
  return shown === "" ? "" : ` (${shown})`;
}
