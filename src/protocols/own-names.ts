/** Causes of ends and notices that a protocol adds to those of Gatehouse. */
import { endCauses, type OwnName } from "../machines/causes.ts";
import type { OwnEndCause } from "../machines/own-causes.ts";

/** A notice of a protocol's own. */
export interface OwnNotice {
  /** The text of its log line. */
  readonly meaning: string;
  /** Of its log line; `info` by default. */
  readonly level?: "debug" | "info" | "warn" | "error";
}

export type OwnCauses = Readonly<Record<OwnName, OwnEndCause>>;
export type OwnNotices = Readonly<Record<OwnName, OwnNotice>>;

/** What a protocol has registered. */
export interface NamedByProtocol {
  /** The protocol's. */
  readonly name: string;
  readonly causes?: OwnCauses;
  readonly notices?: OwnNotices;
}

/** A cause or a notice that the protocol has not registered: anything could become a label of a metric. */
export class UnregisteredNameError extends TypeError {
  override readonly name = "UnregisteredNameError";
  readonly code = "name-unregistered";

  constructor(protocol: string, kind: "causes" | "notices", name: string) {
    const shown = JSON.stringify(name).slice(0, 80);
    super(`The protocol "${protocol}" has not registered ${shown}: name it in its ${kind}, as "${protocol}:…".`);
  }
}

/** @throws UnregisteredNameError */
export function checkCause(protocol: NamedByProtocol, cause: string): void {
  if (Object.hasOwn(endCauses, cause) || protocol.causes?.[cause as OwnName]) return;
  throw new UnregisteredNameError(protocol.name, "causes", cause);
}
