/** What a protocol or a handler of an embedder's answers, and may not. */
import { ignoreRejection, isPending } from "./session/question.ts";

/** A protocol, its session or a handler has broken its contract. Its connection ends as `session-failed`, and no other. */
export class ProtocolContractError extends TypeError {
  override readonly name = "ProtocolContractError";
  readonly code = "protocol-contract-broken";
}

/** @throws ProtocolContractError for what is no session. @param who as for `wrongAnswer` */
export function checkedSession<Opened extends { receive: unknown }>(who: string, answer: Opened): Opened {
  if (typeof answer?.receive === "function") return answer;
  throw wrongAnswer(who, "be a session, with receive() at least", answer);
}

/**
 * The error for an answer of the wrong kind.
 * @param who such as `receive() of a session`
 * @param demand what follows "must"
 */
export function wrongAnswer(who: string, demand: string, answer: unknown): ProtocolContractError {
  ignoreRejection(answer);
  return new ProtocolContractError(`${who} must ${demand}; it was ${kindOf(answer)}.`);
}

/** What it is, for errors: `undefined`, `a promise`, `a number`. */
export function kindOf(answer: unknown): string {
  if (answer === undefined || answer === null) return String(answer);
  if (isPending(answer)) return "a promise";
  return typeof answer === "object" ? "another object" : `a ${typeof answer}`;
}
