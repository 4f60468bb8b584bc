/** What the certificates of a server need of its fleet, so that one node orders for all of them. */
import type { Observable } from "rxjs";
import type { ProofPublisher } from "./challenge-answers.ts";
import type { FleetCertificate } from "./kept-order.ts";

/** Certificates and accounts are known by a name that says what they are for: nodes may have other ids for them. */
export interface OrdersFleet {
  /** What another node has changed, by the certificate's name; null when anything may have changed. */
  readonly told$: Observable<string | null>;
  /** Resolves when what the engine has is known here, or when it does not answer. */
  upToDate(): Promise<void>;
  /** @throws FleetError `fleet-key` for what was sealed with another key */
  read(certificate: string): FleetCertificate | null;
  /** Tells the other nodes; resolves when the engine has it. Without the engine it is told later. */
  write(certificate: string, known: FleetCertificate): Promise<void>;
  /** No document has it any more, as far as this node knows: whoever has it still tells it again. */
  forget(certificate: string): void;
  /** @returns whether this node may order; no other one may while its lease holds. @throws FleetError */
  claim(certificate: string): Promise<boolean>;
  /** Ends a claim, and with it the proofs that were left behind. */
  yield(certificate: string): void;
  /** @returns the key of an account for all nodes. @param own what is used if there is none. @throws FleetError */
  accountKey(account: string, own: string): Promise<string>;
  /** Shows proofs on all nodes. */
  proofsFor(certificate: string): ProofPublisher;
}
