/** The document of a fleet, as a text in its engine: `redis:KEY`. */
import { type Configuration, ConfigurationError, type DocumentKeeper, type KeptText } from "../../config/index.ts";
import { messageOf } from "../../config/values/thrown.ts";
import type { OpenEngine } from "./engine.ts";
import { engineDigest, readScript } from "./engine-scripts.ts";
import { openRedis } from "./redis-engine.ts";

/** How long the engine may take to be reached and to answer, in milliseconds. */
const readTime = 10_000;

export interface EngineDocumentOptions {
  readonly url: string;
  readonly key: string;
  /** By default node-redis. */
  readonly openEngine?: OpenEngine;
}

export class EngineDocument implements DocumentKeeper {
  readonly name: string;
  readonly key: string;
  readonly #options: EngineDocumentOptions;
  readonly #texts = new WeakMap<Configuration, KeptText>();

  constructor(options: EngineDocumentOptions) {
    this.#options = options;
    this.key = options.key;
    this.name = `redis:${options.key}`;
  }

  async read(): ReturnType<DocumentKeeper["read"]> {
    try {
      const found = await this.#text();
      return { digest: this.digestOf(found), content: { ok: true, bytes: Buffer.from(found) } };
    } catch (cause) {
      return { digest: "unreadable", content: { ok: false, cause } };
    }
  }

  /** As the engine makes them. */
  digestOf(found: string): string {
    return engineDigest(found);
  }

  remember(configuration: Configuration, kept: KeptText): void {
    this.#texts.set(configuration, kept);
  }

  /** What it was read from; undefined for a configuration that did not come from the engine. */
  keptOf(configuration: Configuration): KeptText | undefined {
    return this.#texts.get(configuration);
  }

  /** Before the node is in its fleet, by a connection of its own. */
  async #text(): Promise<string> {
    const { key, url, openEngine = openRedis } = this.#options;
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    const engine = await openEngine({
      ...{ url, key, channel: `{${key}}:none`, name: "gatehouse-document", silence: readTime },
      listener: { lost: failed.reject, heard: () => {} },
    });
    try {
      const asked = engine.run(readScript, { keys: [key], args: [] }, AbortSignal.timeout(readTime));
      const found = await Promise.race([asked, failed.promise]);
      if (typeof found === "string") return found;
    } catch (error) {
      throw new ConfigurationError([{ path: "", message: `cannot be read: ${messageOf(error)}` }], { file: this.name });
    } finally {
      engine.close();
    }
    const message = `is not there: the engine has no key ${key}. Put the document there, as by "redis-cli -x SET ${key} < gatehouse.json".`;
    throw new ConfigurationError([{ path: "", message }], { file: this.name });
  }
}
