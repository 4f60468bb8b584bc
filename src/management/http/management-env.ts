/** What the routes of the management know of a request beside itself. */
import type { Asked } from "../access/asked.ts";
import type { Known } from "../access/judge.ts";
import type { Grant } from "../access/permissions.ts";
import type { Management } from "../management.ts";

/** Where somebody has been granted something. */
export interface GrantedEnv {
  readonly Variables: { readonly grant: Grant };
}

export interface ManagementEnv extends GrantedEnv {
  readonly Bindings: { readonly asked: Asked };
}

export interface ListenerParts extends Known {
  readonly management: Management;
  /** The names of the protocols that the embedder has registered. */
  readonly protocols: readonly string[];
}
