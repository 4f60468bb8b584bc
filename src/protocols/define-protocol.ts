/** A protocol by what is its own: everything that it leaves out has a default. */

import {
  aFlag,
  aFunction,
  aText,
  integerFrom,
  listOf,
  millisecondsOrNone,
  type OptionForms,
  objectWith,
  oneOf,
  optionMistake,
  required,
} from "../config/values/option-forms.ts";
import type { EndCause } from "../machines/causes.ts";
import { checkedSession } from "./contract-error.ts";
import type { OwnCauses, OwnNotices } from "./own-names.ts";
import {
  CONTINUE,
  close,
  type Refusal,
  type Session,
  type SessionProtocol,
  type Verdict,
  type Wire,
} from "./protocol.ts";
import { ProtocolOptionError } from "./session/options.ts";
import type { InputOptions } from "./talk/input.ts";
import { type Talk, talkSession } from "./talk/session.ts";

/** The turns of a session; each may be left out but `receive`. A turn that answers with nothing continues. */
export interface SessionDefinition {
  /** The peer's bytes. While the peer does not read what was written, no more come. */
  receive(chunk: Uint8Array): Verdict | undefined;
  /** The server's first words; none by default. */
  greet?(): Verdict | undefined;
  /** The turn that `wire.wake()` or `wire.wakeAfter()` asked for. */
  resume?(): Verdict | undefined;
  /** What was written has left. */
  writable?(): Verdict | undefined;
  /** The TLS handshake that the verdict `UPGRADE` asked for is done. */
  secured?(): Verdict | undefined;
  /** The peer has sent all it will send; by default the session ends with the cause `quit`. */
  ended?(): Verdict | undefined;
  /** The server wants to end the session; by default it ends at once, with the cause `drained`. */
  drain?(): Verdict | undefined;
  /** A time limit has passed; by default the session ends with the cause `idle-timeout` or `session-timeout`. */
  expired?(limit: "idle" | "session"): Verdict | undefined;
  /** The connection is over. Always called, once, last. */
  closed?(cause: EndCause): void;
  /** The session's own state, for observers; `open` by default. */
  readonly state?: string;
}

interface ProtocolParts {
  /** As in a listener's `protocol`. */
  readonly name: string;
  /** TLS can start in mid-dialogue, by the verdict `UPGRADE`; false by default. */
  readonly startTls?: boolean;
  /** Names of the protocol in ALPN (RFC 7301); none by default, and then any client is welcome. */
  readonly alpn?: readonly string[];
  /** Milliseconds of silence after which `expired("idle")` is called; null for no limit; 300,000 by default. */
  readonly idleTimeout?: number | null;
  /** Milliseconds after which `expired("session")` is called, whatever the peer sends; null, the default, for no limit. */
  readonly sessionTimeout?: number | null;
  /** Causes of ends of its own, by names like `resp:quota-exceeded`: 32 at most. None by default. */
  readonly causes?: OwnCauses;
  /** Notices of its own, by names like `resp:keyExpired`: 32 at most. None by default. */
  readonly notices?: OwnNotices;
  /** What a client gets that is not admitted: one complete reply. Default: nothing. */
  busy?(refusal: Refusal, hostname: string): string;
}

/** A protocol whose sessions take turns: the form that costs least. */
export interface TurnProtocolDefinition extends ProtocolParts {
  /** Makes the session of a connection that may speak. A turn of it that throws ends this connection alone. */
  open(wire: Wire): SessionDefinition;
}

/** A protocol whose dialogue is an asynchronous generator: it may await whatever it likes. */
export interface TalkProtocolDefinition extends ProtocolParts {
  /** Talks with the peer of a connection. To throw or reject ends this connection alone. */
  readonly talk: Talk;
  /** How its input is read. */
  readonly input?: InputOptions;
}

export type ProtocolDefinition = TurnProtocolDefinition | TalkProtocolDefinition;

const defaultIdleTimeout = 300_000;

/**
 * A session protocol for `createGatehouse({ protocols })`.
 *
 * @throws ProtocolOptionError for what is missing, misspelt or of the wrong kind.
 * @example
 * const echo = defineProtocol({
 *   name: "echo",
 *   open: (wire) => ({ receive: (chunk) => void wire.write(chunk) }),
 * });
 *
 * @example
 * const shouting = defineProtocol({
 *   name: "shouting",
 *   async *talk(_wire, input) {
 *     for await (const line of input) yield `${line.toUpperCase()}\r\n`;
 *   },
 * });
 */
export function defineProtocol(definition: ProtocolDefinition): SessionProtocol {
  checkDefinition(definition);
  const { idleTimeout = defaultIdleTimeout, sessionTimeout = null, alpn, causes, notices } = definition;
  const open =
    "talk" in definition
      ? (wire: Wire) => talkSession(wire, definition.talk, definition.input)
      : (wire: Wire) => defineSession(checkedSession("The answer of open()", definition.open(wire)));
  return {
    kind: "session",
    name: definition.name,
    startTls: definition.startTls ?? false,
    ...(alpn && { alpn }),
    ...(causes && { causes }),
    ...(notices && { notices }),
    busy: (refusal, hostname) => definition.busy?.(refusal, hostname) ?? "",
    open(wire) {
      if (idleTimeout !== null) wire.setIdleTimeout(idleTimeout);
      if (sessionTimeout !== null) wire.setSessionTimeout(sessionTimeout);
      return open(wire);
    },
  };
}

const inputForms: OptionForms<InputOptions> = {
  longestLine: integerFrom(1),
  longestBlock: integerFrom(1),
  bareLf: oneOf("refuse", "accept"),
  encoding: oneOf("utf8", "latin1"),
};

const definitionForms: OptionForms<TurnProtocolDefinition & TalkProtocolDefinition> = {
  name: required({
    expected: "a word without spaces and colons",
    holds: (name) => typeof name === "string" && /^[^\s:\p{Cc}]{1,64}$/u.test(name),
  }),
  startTls: aFlag,
  alpn: listOf(aText),
  idleTimeout: millisecondsOrNone,
  sessionTimeout: millisecondsOrNone,
  causes: objectWith('an object such as { "resp:quota-exceeded": { meaning: "…" } }'),
  notices: objectWith('an object such as { "resp:keyExpired": { meaning: "…" } }'),
  busy: aFunction,
  open: aFunction,
  talk: aFunction,
  input: objectWith("an object such as { longestLine: 512 }"),
};

/** @throws ProtocolOptionError */
function checkDefinition(definition: Partial<TurnProtocolDefinition & TalkProtocolDefinition>): void {
  const { name = "", input = {} } = definition ?? {};
  const refuse = (option: string, expected: string): never => {
    throw new ProtocolOptionError(name || "defineProtocol", option, expected);
  };
  const mistake = optionMistake(definition ?? {}, definitionForms);
  if (mistake) refuse(mistake.option, mistake.expected);
  const ofInput = optionMistake(input, inputForms);
  if (ofInput) refuse(`input.${ofInput.option}`, ofInput.expected);
  if ((definition.open === undefined) === (definition.talk === undefined))
    refuse("open or talk", "a function, and one of the two alone");
}

/** A whole session; give only the turns that differ from the defaults. Costs one small object. */
export function defineSession(definition: SessionDefinition): Session {
  return new DefinedSession(definition);
}

class DefinedSession implements Session {
  readonly #definition: SessionDefinition;

  constructor(definition: SessionDefinition) {
    this.#definition = definition;
  }

  get state(): string {
    return this.#definition.state ?? "open";
  }

  greet(): Verdict {
    return this.#definition.greet?.() ?? CONTINUE;
  }

  receive(chunk: Uint8Array): Verdict {
    return this.#definition.receive(chunk) ?? CONTINUE;
  }

  resume(): Verdict {
    return this.#definition.resume?.() ?? CONTINUE;
  }

  writable(): Verdict {
    return this.#definition.writable?.() ?? CONTINUE;
  }

  secured(): Verdict {
    return this.#definition.secured?.() ?? CONTINUE;
  }

  ended(): Verdict {
    const definition = this.#definition;
    return definition.ended ? (definition.ended() ?? CONTINUE) : close("quit");
  }

  drain(): Verdict {
    const definition = this.#definition;
    return definition.drain ? (definition.drain() ?? CONTINUE) : close("drained");
  }

  expired(limit: "idle" | "session"): Verdict {
    const definition = this.#definition;
    if (definition.expired) return definition.expired(limit) ?? CONTINUE;
    return close(limit === "idle" ? "idle-timeout" : "session-timeout");
  }

  /** @returns a promise where the embedder's is asynchronous: what it rejects with is reported. */
  closed(cause: EndCause): unknown {
    return this.#definition.closed?.(cause);
  }
}
