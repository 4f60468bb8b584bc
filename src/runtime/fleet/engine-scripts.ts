/** How scripts for the engine are made, and those that more than one part of a node runs. */
import { createHash } from "node:crypto";
import type { EngineScript } from "./engine.ts";

/** @param text Lua 5.1 */
export function engineScript(text: string): EngineScript {
  return { text, digest: engineDigest(text) };
}

/** As the engine makes them itself, in EVALSHA and `redis.sha1hex`. */
export function engineDigest(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

/** Reads a text by its key. */
export const readScript: EngineScript = engineScript("return redis.call('GET', KEYS[1])");

/** Says something on a channel. */
export const sayScript: EngineScript = engineScript("return redis.call('PUBLISH', ARGV[1], ARGV[2])");
