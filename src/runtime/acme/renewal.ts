/** When a certificate is renewed: as its authority suggests (RFC 9773), else after two thirds of its lifetime. */
import type { LoadedCertificate } from "../tls/certificates.ts";
import { renewalAnswer } from "./answers.ts";
import type { Authority } from "./authority.ts";
import type { KeptRenewal } from "./kept-order.ts";
import { retryAfterIn } from "./retry-after.ts";
import { renewalId } from "./x509.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Where the authority says nothing; also how late a change of the system's date is noticed. */
const USUAL_PAUSE = 6 * HOUR;
const LONGEST_PAUSE = 24 * HOUR;

export interface Renewal {
  /** Unix time in milliseconds. */
  readonly at: number;
  /** Milliseconds until the next look. */
  readonly pause: number;
  /** For the other nodes of a fleet. */
  readonly kept: KeptRenewal;
}

interface Asked {
  readonly authority: Authority;
  readonly signal: AbortSignal;
  /** Unix time in milliseconds. */
  readonly now: number;
}

/** A moment is drawn from each suggested window once, so that looking again does not put it off. */
export class RenewalTime {
  #window = "";
  #at = 0;

  /** @param kept what another node has heard; nobody is asked while that is not old */
  async of(
    certificate: LoadedCertificate,
    {
      authority,
      signal,
      now,
      issuedAt,
      kept,
    }: Asked & { readonly issuedAt: number; readonly kept: KeptRenewal | null },
  ): Promise<Renewal> {
    if (kept) [this.#window, this.#at] = [kept.window, kept.at];
    const isFresh = kept !== null && kept.lookAt > now;
    const suggested = isFresh
      ? { at: kept.at, look: kept.lookAt - now }
      : await this.#suggested(certificate, { authority, signal, now }).catch(() => null);
    signal.throwIfAborted();
    const { at: wanted, look } = suggested ?? { at: twoThirds(certificate), look: USUAL_PAUSE };
    // Whatever the authority says, and however the dates are: no two orders follow each other closely.
    const at = Math.max(wanted, issuedAt + Math.min(HOUR, lifetimeOf(certificate) / 3));
    return {
      at,
      pause: Math.min(Math.max(at - now, 0), look),
      kept: { window: this.#window, at: wanted, lookAt: now + look },
    };
  }

  async #suggested(
    { certificate }: LoadedCertificate,
    { authority, signal, now }: Asked,
  ): Promise<{ readonly at: number; readonly look: number } | null> {
    const { renewalInfo } = await authority.directory(signal);
    const id = renewalInfo === undefined ? null : await renewalId(certificate);
    if (id === null) return null;
    const answer = await authority.get(`${renewalInfo}/${id}`, { signal, now });
    const { start, end } = authority.read(renewalAnswer, answer).suggestedWindow;
    const [from, to] = [Date.parse(start), Date.parse(end)];
    if (from >= to) return null;
    if (this.#window !== `${id} ${start} ${end}`) {
      this.#window = `${id} ${start} ${end}`;
      this.#at = from + Math.random() * (to - from);
    }
    const wanted = retryAfterIn(answer.headers, now) ?? USUAL_PAUSE;
    return { at: this.#at, look: Math.min(Math.max(wanted, MINUTE), LONGEST_PAUSE) };
  }
}

function twoThirds(certificate: LoadedCertificate): number {
  return certificate.notValidBefore.getTime() + (lifetimeOf(certificate) * 2) / 3;
}

function lifetimeOf({ notValidBefore, notValidAfter }: LoadedCertificate): number {
  return notValidAfter.getTime() - notValidBefore.getTime();
}
