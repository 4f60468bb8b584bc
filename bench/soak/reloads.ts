/** The ways in which the soak changes its document, in turn. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generate } from "selfsigned";

/** A document as it is written; fields of a listener are toggled. */
interface Listener {
  readonly name: string;
  readonly bind: readonly string[];
  readonly [field: string]: unknown;
}

export interface Step {
  readonly kind: string;
  readonly expected: "carried out" | "rejected";
  /** Null for the one that replaces the certificate's files. */
  readonly document: object | null;
}

/** The last of a round: the document is as at the start again. */
const lastKind = "listener removed";

export class Reloads {
  readonly #directory: string;
  readonly #takenPort: number;
  #round = 0;
  #smtp: Listener = { name: "smtp", bind: ["127.0.0.1:0"], maxConnections: 600 };
  #submissions: Listener = { name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true };
  #unrelated: Listener = { name: "unrelated", bind: ["127.0.0.1:0"], protocol: "http" };
  #added: Listener | null = null;

  constructor(directory: string, takenPort: number) {
    this.#directory = directory;
    this.#takenPort = takenPort;
  }

  static isLast({ kind }: Step): boolean {
    return kind === lastKind;
  }

  get document(): object {
    const file = (name: string) => ({ "@type": "File", filePath: join(this.#directory, name) });
    return {
      SystemSettings: { defaultHostname: "localhost" },
      Certificate: { main: { certificate: file("tls.crt"), privateKey: file("tls.key") } },
      NetworkListener: [this.#smtp, this.#submissions, this.#unrelated, ...(this.#added ? [this.#added] : [])],
    };
  }

  /** Writes another key and certificate into the files. */
  async replaceCertificate(): Promise<void> {
    const made = await generate([{ name: "commonName", value: "localhost" }], { keyType: "ec", algorithm: "sha256" });
    await writeFile(join(this.#directory, "tls.crt"), made.cert);
    await writeFile(join(this.#directory, "tls.key"), made.private);
  }

  /** Every kind comes once in each round; a later one removes what an earlier one added. */
  *steps(): Generator<Step> {
    for (; ; this.#round += 1) {
      const odd = this.#round % 2 === 1;
      yield this.#change("limit", () => this.#both({ maxConnections: odd ? 600 : 500 }));
      yield this.#change("address added", () => this.#bind(["127.0.0.1:0", "127.0.0.2:0"]));
      yield this.#change("TLS suite", () =>
        this.#both({ tlsDisableCipherSuites: odd ? [] : ["tls13-aes-128-gcm-sha256"] }),
      );
      yield this.#change("listener added", () => {
        this.#added = { name: "added", bind: ["127.0.0.1:0"] };
      });
      yield this.#change("socket option", () => this.#both({ socketTtl: odd ? 33 : 44 }));
      yield this.#rejected("broken document", [{ ...this.#smtp, maxConnection: 1 }]);
      yield this.#change("protocol of an unrelated listener", () => {
        this.#unrelated = { ...this.#unrelated, protocol: odd ? "http" : "smtp" };
      });
      yield { kind: "certificate file", expected: "carried out", document: null };
      yield this.#change("address removed", () => this.#bind(["127.0.0.1:0"]));
      yield this.#rejected("port that is taken", [
        { ...this.#smtp, bind: ["127.0.0.1:0", `127.0.0.1:${this.#takenPort}`], maxConnections: 1 },
        this.#submissions,
      ]);
      yield this.#change(lastKind, () => {
        this.#added = null;
      });
    }
  }

  #change(kind: string, change: () => void): Step {
    change();
    return { kind, expected: "carried out", document: this.document };
  }

  #rejected(kind: string, listeners: readonly object[]): Step {
    return { kind, expected: "rejected", document: { ...this.document, NetworkListener: listeners } };
  }

  #both(fields: object): void {
    this.#smtp = { ...this.#smtp, ...fields };
    this.#submissions = { ...this.#submissions, ...fields };
  }

  #bind(bind: readonly string[]): void {
    this.#smtp = { ...this.#smtp, bind };
  }
}
