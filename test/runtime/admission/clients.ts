import type { Endpoint } from "../../../src/protocols/protocol.ts";
import { BlockList } from "../../../src/runtime/admission/block-list.ts";
import { type AddressLimits, ClientLimits } from "../../../src/runtime/admission/client-limits.ts";
import { systemClock } from "../../../src/runtime/clock.ts";

const nobody: AddressLimits = {
  listener: "smtp",
  blockList: new BlockList(systemClock),
  cap: null,
  counts: null,
  rates: null,
  rules: [],
  ruleFailed: (error) => {
    throw error;
  },
};

export function clientOf(limits: Partial<AddressLimits>, address = "192.0.2.1", proxied = false): ClientLimits {
  const peer: Endpoint = { address, port: 40_000 };
  return new ClientLimits({ ...nobody, ...limits }, { peer, proxied });
}

/** A client whose address nobody asks for. */
export function unlimitedClient(): ClientLimits {
  return clientOf({});
}
