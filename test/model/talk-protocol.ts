/** A protocol of few words that does whatever its client asks for, and notes what it was told. */
import type { Duplex } from "node:stream";
import {
  CONTINUE,
  close,
  type EndCause,
  GOODBYE,
  type SessionProtocol,
  type StreamProtocol,
  UPGRADE,
  type Verdict,
  WAIT,
} from "../../src/index.ts";
import type { Wire } from "../../src/protocols/protocol.ts";

/** More than the buffers of two sockets hold. */
const much = Buffer.alloc(16 * 1_048_576, "much ");

/** What the sessions have lived through. */
export interface Talk {
  /** Lines that were acted on. */
  readonly lines: string[];
  /** The causes that `closed()` was called with. */
  readonly closed: EndCause[];
  opened: number;
}

export function newTalk(): Talk {
  return { lines: [], closed: [], opened: 0 };
}

/**
 * `QUIT` ends, `STARTTLS` upgrades, `BUSY` finds no safe point until `DONE`, `MUCH` writes 16 MiB, `THROW` throws. A drain
 * ends the session unless it is busy.
 */
export function talkProtocol(talk: Talk): SessionProtocol {
  return {
    kind: "session",
    name: "talk",
    startTls: true,
    busy: ({ rule }) => `busy ${rule}\r\n`,
    open: (wire) => new TalkSession(wire, talk),
  };
}

class TalkSession {
  readonly #wire: Wire;
  readonly #talk: Talk;
  #buffer = "";
  #busy = false;
  #draining = false;

  constructor(wire: Wire, talk: Talk) {
    this.#wire = wire;
    this.#talk = talk;
    talk.opened += 1;
  }

  get state(): string {
    return this.#busy ? "busy" : "talking";
  }

  greet(): Verdict {
    this.#wire.write("hello\r\n");
    return CONTINUE;
  }

  receive(chunk: Uint8Array): Verdict {
    this.#buffer += Buffer.from(chunk).toString("latin1");
    for (let end = this.#buffer.indexOf("\r\n"); end >= 0; end = this.#buffer.indexOf("\r\n")) {
      const line = this.#buffer.slice(0, end);
      this.#buffer = this.#buffer.slice(end + 2);
      const verdict = this.#act(line);
      if (verdict !== CONTINUE) return verdict;
    }
    return CONTINUE;
  }

  #act(line: string): Verdict {
    this.#talk.lines.push(line);
    switch (line) {
      case "QUIT":
        this.#wire.write("bye\r\n");
        return GOODBYE;
      case "STARTTLS":
        this.#buffer = "";
        this.#wire.write("go ahead\r\n");
        return UPGRADE;
      case "THROW":
        throw new Error("told to");
      case "BUSY":
        this.#busy = true;
        break;
      case "DONE":
        this.#busy = false;
        if (this.#draining) return close("drained");
        break;
      case "MUCH":
        return this.#wire.write(much) ? CONTINUE : WAIT;
    }
    this.#wire.write(`${line} ok\r\n`);
    return CONTINUE;
  }

  resume(): Verdict {
    return CONTINUE;
  }

  writable(): Verdict {
    return CONTINUE;
  }

  secured(): Verdict {
    return CONTINUE;
  }

  ended(): Verdict {
    return close("peer-ended");
  }

  drain(): Verdict {
    this.#draining = true;
    if (this.#busy) return CONTINUE;
    this.#wire.write("going down\r\n");
    return close("drained");
  }

  expired(): Verdict {
    return close("idle-timeout");
  }

  closed(cause: EndCause): void {
    this.#talk.closed.push(cause);
  }
}

/** The same by a whole stream: `QUIT` ends it; a drain waits for `DONE`. */
export function streamProtocol(talk: Talk): StreamProtocol {
  return {
    kind: "stream",
    name: "stream",
    startTls: false,
    busy: () => "busy\r\n",
    open: (stream: Duplex) => {
      talk.opened += 1;
      stream.on("data", (chunk: Buffer) => {
        const line = chunk.toString("latin1").trim();
        talk.lines.push(line);
        if (line === "QUIT" || line === "DONE") stream.end("bye\r\n", () => stream.destroy());
        else stream.write(`${line} ok\r\n`);
      });
      stream.on("end", () => stream.end());
      return { drain: () => {} };
    },
  };
}
