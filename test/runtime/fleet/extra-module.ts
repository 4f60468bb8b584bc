/** What the workers of one node import, and those of the other do not: one protocol more. */
import type { Protocol } from "../../../src/index.ts";
import { protocols as common } from "../workers/talk-module.ts";

export const protocols: readonly Protocol[] = [...common, { ...(common[0] as Protocol), name: "extra" }];
