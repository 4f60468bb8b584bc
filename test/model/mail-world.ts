/** A real instance that speaks one protocol of mail, and a store whose answers can be held back, or fail. */
import { type AccountMail, createGatehouse, type Mailboxes, type MailboxLimits } from "../../src/index.ts";
import { CONTINUE, close, type Session, type SessionProtocol, type Wire } from "../../src/protocols/protocol.ts";
import { type Bench, Driver } from "../../src/testing/index.ts";
import { plainSession } from "../plain-session.ts";
import { MemoryMailboxes } from "../protocols/memory-mailbox.ts";
import { issue } from "../runtime/tls/certificate-fixtures.ts";

const { certificate, privateKey } = await issue({ names: ["localhost"] });

/**
 * Time limits of sessions, in milliseconds. They are short, since the server looks for descriptors twice a second all the
 * while, and longer than the drain and the handshake may take.
 */
export const short = { login: 10_000, silence: 20_000 } as const;

/** Holds a question back until it may be answered. */
export class Gate {
  #waiting: PromiseWithResolvers<void> | null = null;

  async wait(): Promise<void> {
    this.#waiting = Promise.withResolvers();
    await this.#waiting.promise;
  }

  answer(): void {
    this.#waiting?.resolve();
    this.#waiting = null;
  }
}

/** What gives out something whose calls are watched, too. */
const openers = ["open", "select", "lockMaildrop", "content"];

/** Mail in memory. The next call of one of its methods can be held back, or fail. */
export class ModelStore implements Mailboxes {
  readonly memory: MemoryMailboxes;
  readonly gate = new Gate();
  /** How many accounts are open. */
  opened = 0;
  #held: string | null = null;
  #broken: { readonly method: string; readonly error: Error } | null = null;

  constructor(limits: Partial<MailboxLimits> = {}) {
    this.memory = new MemoryMailboxes(limits);
  }

  hold(method: string): void {
    this.#held = method;
  }

  break(method: string, error = new Error("The disk is on fire.")): void {
    this.#broken = { method, error };
  }

  async open(identity: { username: string }): Promise<AccountMail> {
    const account = await this.#watched(this.memory).open(identity);
    let isOpen = true;
    this.opened++;
    const close = (): void => {
      if (isOpen) this.opened--;
      isOpen = false;
      account.close();
    };
    return Object.create(account, { close: { value: close } });
  }

  #watched<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (name === "scripts" && typeof value === "object" && value !== null) return this.#watched(value);
        if (typeof value !== "function") return value;
        return (...given: unknown[]) => this.#call(String(name), () => Reflect.apply(value, target, given));
      },
    });
  }

  #call(name: string, call: () => unknown): unknown {
    if (this.#broken?.method === name) {
      const { error } = this.#broken;
      this.#broken = null;
      return Promise.reject(error);
    }
    if (this.#held !== name) return this.#answered(name, call);
    this.#held = null;
    return this.gate.wait().then(() => this.#answered(name, call));
  }

  #answered(name: string, call: () => unknown): unknown {
    return openers.includes(name) ? this.#given(call()) : call();
  }

  async #given(answer: unknown): Promise<unknown> {
    const given = await answer;
    return typeof given === "object" && given !== null ? this.#watched(given) : given;
  }
}

/** One listener, whose sessions are those of a protocol. */
export class MailWorld extends Driver {
  constructor(bench: Bench, protocol: SessionProtocol) {
    super(
      createGatehouse({
        ...bench.options,
        config: {
          SystemSettings: { defaultHostname: "localhost", drainTimeout: 5_000 },
          Certificate: {
            main: {
              certificate: { "@type": "Text", value: certificate },
              privateKey: { "@type": "Text", secret: privateKey },
            },
          },
          NetworkListener: [{ name: "mail", protocol: protocol.name, bind: ["127.0.0.1:0"], tlsTimeout: 5_000 }],
        },
        protocols: [protocol],
        backend: {},
      }),
      bench,
    );
  }

  /** Sends a line; what comes of it is the oracle's to see. */
  async say(line: string): Promise<void> {
    this.client.line(line);
    await this.delivered();
  }

  /** Says something whose answer is put off, since the password in it is wrong, and lets that time pass. */
  async guessWrong(line: string): Promise<void> {
    await this.say(line);
    await this.until(() => this.followed?.snapshot.value === "verifying");
    await this.passTime();
  }

  /** Lets timers go off, one after the other, until the session has left the state that it is in. */
  async passTime(): Promise<void> {
    const { clock } = this.bench;
    const before = this.followed?.snapshot.value;
    for (let timer = 0; timer < 20 && this.followed?.snapshot.value === before; timer++) {
      await this.turn(5);
      // Others belong to the server: it looks for descriptors twice a second, and for peers that vanished every 5 seconds.
      const timers = clock.pending.filter(({ delay }) => delay > 500);
      const watch = timers.findIndex(({ delay }) => delay === 5_000);
      const next = timers.find((_, index) => index !== watch);
      if (!next) return;
      clock.leap(next.due - clock.now());
      await this.turn(5);
    }
  }
}

/** Lets in whoever knows the password `good`; thinks about `slow`, who is Anna. */
export function opinionsOf({ gate }: ModelStore) {
  return {
    authenticate: async ({ username, password }: { username: string; password: string }) => {
      if (username === "slow") await gate.wait();
      return password === "good" ? { username: username === "slow" ? "anna" : username, roles: [] } : null;
    },
  };
}

/** The embedder goes on with the dialogue of one user. */
export function takeOver({ username }: { username: string }, wire: Wire): Session | null {
  return username === "embedder" ? successor(wire) : null;
}

/** What `successor` says. */
export const embeddersWords = "the embedder's own\r\n";

/** An embedder's session that ends at the first octet. */
function successor(wire: Wire): Session {
  return plainSession({
    state: "embedded",
    greet: () => {
      wire.write(embeddersWords);
      return CONTINUE;
    },
    receive: () => close("quit"),
  });
}
