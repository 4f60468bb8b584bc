/** What would become of a client now: through the listener's chart, the rules of admission, and the connection's chart. */
import type { ClientAuth, ListenerSettings } from "../../config/index.ts";
import { describeDuration } from "../../config/values/duration.ts";
import type { ConnectionEvent, ConnectionSettings } from "../../machines/connection.ts";
import type { PauseReason } from "../../machines/listener.ts";
import type { Refusal } from "../../protocols/protocol.ts";
import type { ListedAddress } from "../admission/address-list.ts";
import type { Judgement, RuleFinding } from "../admission/admission.ts";
import type { TrialHandshake } from "../tls/trial-handshake.ts";
import { statesOnTheWay } from "./walk.ts";

/** Who is asked about. */
export interface ExplainedClient {
  /** IP address of the client, or of the proxy. */
  readonly address: string;
  /** Name of the listener. */
  readonly listener: string;
  /** What it asks for by SNI; left out or null for a client that asks for no name. */
  readonly serverName?: string | null;
  /** A trusted proxy's PROXY header names it; false unless set. */
  readonly proxied?: boolean;
}

/** One state of a chart on the way, or what admission decides, in words. */
export interface ExplainedStep {
  readonly chart: "listener" | "admission" | "connection";
  /** Of the chart; for admission `admitted`, or the rule that refuses. */
  readonly state: string;
  readonly text: string;
}

/**
 * - `served`: the protocol's session talks to it.
 * - `proxy-header`: it is a trusted proxy; what becomes of its client is judged by the header.
 * - `waits`: the kernel queues it until the listener accepts again.
 * - `refused`: a rule of admission refuses it.
 * - `tls-failed`: it is let in, and no handshake comes about.
 * - `unreachable`: nothing listens.
 */
export type ExplainedOutcome = "served" | "proxy-header" | "waits" | "refused" | "tls-failed" | "unreachable";

export interface Explanation {
  readonly address: string;
  readonly listener: string;
  readonly serverName: string | null;
  readonly proxied: boolean;
  readonly outcome: ExplainedOutcome;
  /** The charts' states in the order in which it would pass them. */
  readonly steps: readonly ExplainedStep[];
  /** What each rule answers, in the order in which they are asked; the first that refuses decides. */
  readonly rules: readonly RuleFinding[];
  /** The entry of the block list that it falls under. */
  readonly blocked: ListedAddress | null;
  /** The entry of `AllowedIp` that it falls under: no rule about addresses concerns it. */
  readonly allowed: ListedAddress | null;
  /** Null where TLS is not available. */
  readonly tls: ExplainedTls | null;
}

/** What TLS a client would be given. */
export interface ExplainedTls extends TrialHandshake {
  /** `implicit` before anything is said; `starttls` when the client asks for it. */
  readonly begins: "implicit" | "starttls";
  /** What may be agreed on. OpenSSL's names. */
  readonly versions: readonly string[];
  readonly suites: readonly string[];
  /** Whether the client is asked for a certificate; it is not known whether it has one. */
  readonly clientAuth: ClientAuth;
}

/** What is known of the listener at this moment. */
export interface ExplainedListener {
  readonly settings: ListenerSettings;
  readonly connection: ConnectionSettings;
  readonly state: string;
  readonly pausedBy: readonly PauseReason[];
  readonly tls: ExplainedTls | null;
  /** Why such a client finds none of its addresses; null where it does. */
  readonly elsewhere: "no Unix socket" | "no address but Unix sockets" | null;
}

export interface Findings extends Judgement {
  readonly blocked: ListedAddress | null;
  readonly allowed: ListedAddress | null;
}

type Client = Required<ExplainedClient>;

export function explanation(client: Client, listener: ExplainedListener, findings: Findings): Explanation {
  const refusal = findings.rules.find((finding) => finding.refusal !== null)?.refusal ?? null;
  const outcome = outcomeOf(listener, { refusal, owesHeader: findings.owesHeader });
  const decided = { ...findings, refusal };
  const steps = [listenerStep(listener)];
  if (outcome !== "unreachable") {
    steps.push(admissionStep(client, decided));
    if (!refusal || client.proxied) steps.push(...connectionSteps(client, listener, decided));
  }
  const { rules, blocked, allowed } = findings;
  return { ...client, outcome, steps, rules, blocked, allowed, tls: listener.tls };
}

function outcomeOf(
  { state, settings, tls, elsewhere }: ExplainedListener,
  { refusal, owesHeader }: { readonly refusal: Refusal | null; readonly owesHeader: boolean },
): ExplainedOutcome {
  if (elsewhere !== null) return "unreachable";
  if (state === "paused") return "waits";
  if (state !== "listening" && state !== "draining") return "unreachable";
  if (refusal) return "refused";
  if (owesHeader) return "proxy-header";
  return settings.tlsImplicit && tls?.error ? "tls-failed" : "served";
}

function listenerStep({ settings: { name }, state, pausedBy, elsewhere }: ExplainedListener): ExplainedStep {
  const text = elsewhere ? `"${name}" has ${elsewhere}.` : listenerText(name, state, pausedBy);
  return { chart: "listener", state, text };
}

function listenerText(name: string, state: string, pausedBy: readonly PauseReason[]): string {
  switch (state) {
    case "listening":
      return `"${name}" accepts.`;
    case "paused":
      return `"${name}" does not accept (${pausedBy.join(", ")}): the kernel queues the client until it does.`;
    case "draining":
      return `"${name}" ends: whoever still reaches it is refused.`;
    default:
      return `"${name}" does not listen.`;
  }
}

interface Decided extends Findings {
  readonly refusal: Refusal | null;
}

function admissionStep({ address, proxied }: Client, { refusal, rules, blocked, allowed }: Decided): ExplainedStep {
  const whom = proxied ? `${address}, whom a trusted proxy's header names` : address;
  const exempt = allowed ? ` ${entryText("AllowedIp", allowed)}` : "";
  if (!refusal) {
    const text = `None of ${rules.length} rules refuses ${whom}.${exempt}`;
    return { chart: "admission", state: "admitted", text };
  }
  const entry = refusal.rule === "blocked" && blocked ? ` ${entryText("BlockedIp", blocked)}` : "";
  return { chart: "admission", state: refusal.rule, text: `${refusalText(refusal, whom)}${entry}${exempt}` };
}

function connectionSteps(client: Client, listener: ExplainedListener, decided: Decided): readonly ExplainedStep[] {
  const events = eventsOnTheWay(client, listener, decided);
  const texts: Record<string, string> = {
    accepted: "The socket is here and holds a slot.",
    proxyHeader: client.proxied
      ? `A trusted proxy's header names ${client.address}; now the rules about addresses are asked.`
      : `A trusted proxy: its PROXY header is due within ${describeDuration(listener.connection.proxyTimeout)}. Its client is judged by ` +
        "the address that the header names.",
    admitting:
      `Rules that ask elsewhere decide within ${describeDuration(listener.connection.admissionTimeout)}. They are not asked here; ` +
      "what follows is the way of a client that they admit.",
    handshaking: `Implicit TLS, within ${describeDuration(listener.connection.tlsTimeout)}. ${tlsText(client, listener.tls)}`,
    active: `The protocol ${listener.settings.protocol} talks. ${startTlsText(client, listener)}`.trimEnd(),
    closing: "What was said is flushed, and the connection ends.",
    closed: "The connection ends.",
  };
  return statesOnTheWay(listener.connection, events).map((state) => ({
    chart: "connection" as const,
    state,
    text: texts[state] ?? "",
  }));
}

function eventsOnTheWay(
  { proxied }: Client,
  { settings, connection, tls }: ExplainedListener,
  { owesHeader, refusal }: Decided,
): ConnectionEvent[] {
  const admitted = { type: "connection.admitted", proxied: proxied || owesHeader } as const;
  if (owesHeader) return [admitted];
  const named: ConnectionEvent[] = proxied ? [{ type: refusal ? "connection.refused" : "proxy.accepted" }] : [];
  const asked: ConnectionEvent[] = connection.asyncAdmission && !refusal ? [{ type: "connection.granted" }] : [];
  const handshake: ConnectionEvent[] =
    settings.tlsImplicit && !refusal ? [{ type: tls?.error ? "tls.failed" : "tls.secured" }] : [];
  return [admitted, ...named, ...asked, ...handshake];
}

function refusalText({ rule, limit, current, resource }: Refusal, whom: string): string {
  const measure = limit > 0 ? ` (${resource ? `${resource}: ` : ""}${current} of ${limit})` : "";
  return `The rule ${rule} refuses ${whom}${measure}.`;
}

function entryText(list: string, { address, expiresAt, reason }: ListedAddress): string {
  const until = expiresAt ? ` until ${expiresAt.toISOString()}` : "";
  return `${list} has ${address}${until}${reason === null ? "" : ` (${reason})`}.`;
}

function startTlsText(client: Client, { tls, settings }: ExplainedListener): string {
  if (settings.tlsImplicit || !tls) return "";
  return `TLS can start in mid-dialogue. ${tlsText(client, tls)}`;
}

function tlsText({ serverName }: Client, tls: ExplainedTls | null): string {
  if (!tls) return "";
  const named = serverName === null ? "A client that asks for no name" : `A client that asks for ${serverName}`;
  if (tls.error !== null) return `${named} fails the handshake: ${tls.error}`;
  const certificate = tls.certificate === null ? "the self-signed certificate" : `the certificate "${tls.certificate}"`;
  return `${named} is served ${certificate}; a modern one agrees on ${tls.version} with ${tls.cipherSuite}.`;
}
