/** Rules that have to ask elsewhere before they can decide: a list in the DNS, a database, a rate service. */

import { messageOf } from "../../config/values/thrown.ts";
import type { Refusal } from "../../protocols/protocol.ts";
import type { AdmissionRequest, AdmissionRule } from "./client-limits.ts";
import { isRefusal } from "./refusals.ts";

/**
 * An embedder's rule that answers later. It is asked when no other rule has refused; the connection holds its slots
 * meanwhile, in the state `admitting`, and nothing is said to the client.
 */
export interface AsyncAdmissionRule {
  /** For warnings. */
  readonly name: string;
  /**
   * Resolves with a refusal, or with null for no objection. All such rules are asked at once, and the first refusal
   * decides. Never called for a client that a rule of another kind refuses.
   * @param signal aborted when nobody waits for the answer any longer: the client has gone, another rule has refused,
   *   `admissionTimeout` has passed, or the server stops
   */
  ask(request: AdmissionRequest, signal: AbortSignal): PromiseLike<Refusal | null>;
  /**
   * What becomes of a client when `ask` rejects, or has not answered within the listener's `admissionTimeout`:
   * `refuse` (the default), as `rule-failed` or `rule-timeout`, or `admit`. Either way a warning names the rule.
   */
  readonly onFailure?: "admit" | "refuse";
}

/** An embedder's rules by their kind, each in the order given. */
export interface AdmissionRules {
  readonly admissionRules: readonly AdmissionRule[];
  readonly asyncRules: readonly AsyncAdmissionRule[];
}

export function rulesByKind(rules: readonly (AdmissionRule | AsyncAdmissionRule)[]): AdmissionRules {
  const admissionRules: AdmissionRule[] = [];
  const asyncRules: AsyncAdmissionRule[] = [];
  for (const rule of rules) {
    if (typeof rule === "function") admissionRules.push(rule);
    else asyncRules.push(rule);
  }
  return { admissionRules, asyncRules };
}

/** One for all: an error with its stack for each client, which nobody hears of, would cost more than the answers. */
const allAnswered = new DOMException("All rules have answered.", "AbortError");

export interface AskedRulesOptions {
  readonly rules: readonly AsyncAdmissionRule[];
  readonly request: AdmissionRequest;
  /** Called once, unless the question is withdrawn before; never before `ask()` has returned. */
  answered(refusal: Refusal | null): void;
  /** A rule has failed, and what that meant for the client. */
  failed(text: string): void;
}

/** One client, about whom all rules are asked. */
export class AskedRules {
  readonly #options: AskedRulesOptions;
  readonly #abort = new AbortController();
  readonly #pending: Set<AsyncAdmissionRule>;
  #over = false;

  constructor(options: AskedRulesOptions) {
    this.#options = options;
    this.#pending = new Set(options.rules);
  }

  ask(): void {
    for (const rule of this.#options.rules) void this.#askOne(rule);
    if (this.#options.rules.length === 0) void this.#admit();
  }

  /** Time is up: what has not been answered counts as failed. */
  expire(): void {
    for (const rule of this.#pending) this.#fail(rule, "did not answer within admissionTimeout", "rule-timeout");
  }

  /** Nobody waits for an answer any longer. Safe to call again. */
  withdraw(): void {
    this.#over = true;
    if (this.#pending.size > 0) this.#abort.abort();
    else this.#abort.abort(allAnswered);
  }

  /** Nobody has anything to say about this client. */
  async #admit(): Promise<void> {
    await null;
    if (this.#over) return;
    this.withdraw();
    this.#options.answered(null);
  }

  async #askOne(rule: AsyncAdmissionRule): Promise<void> {
    let answer: unknown;
    try {
      // What is thrown at once fails like what is rejected later, and no answer comes before `ask()` has returned.
      await null;
      if (this.#over) return;
      answer = await rule.ask(this.#options.request, this.#abort.signal);
    } catch (error) {
      this.#fail(rule, `failed with ${messageOf(error)}`, "rule-failed");
      return;
    }
    if (answer === null || isRefusal(answer)) this.#settle(rule, answer);
    else this.#fail(rule, "answered neither with a refusal nor with null", "rule-failed");
  }

  #fail(rule: AsyncAdmissionRule, how: string, refusedAs: string): void {
    if (this.#over || !this.#pending.has(rule)) return;
    const admits = rule.onFailure === "admit";
    this.#options.failed(`A client was ${admits ? "admitted" : "refused"}: the admission rule "${rule.name}" ${how}.`);
    const { address } = this.#options.request.connections;
    this.#settle(rule, admits ? null : { rule: refusedAs, limit: 0, current: address });
  }

  #settle(rule: AsyncAdmissionRule, refusal: Refusal | null): void {
    if (this.#over || !this.#pending.delete(rule)) return;
    if (!refusal && this.#pending.size > 0) return;
    this.withdraw();
    this.#options.answered(refusal);
  }
}
