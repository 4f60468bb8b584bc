import { expect, test } from "vitest";
import { parseDocument } from "../../../src/config/document/document.ts";
import { planReload } from "../../../src/config/plan/reload-plan.ts";
import { BindError } from "../../../src/runtime/sockets/bind-error.ts";
import { bindSocket } from "../../../src/runtime/sockets/bind-socket.ts";
import { hasOwnNetwork } from "../../own-network.ts";

const hosts = ["[::]", "0.0.0.0", "[::1]", "127.0.0.1", "127.0.0.2"];
const both = [true, false];

const pairs = hosts.flatMap((held) =>
  hosts
    .filter((wanted) => wanted !== held)
    .flatMap((wanted) =>
      both.flatMap((was) =>
        both.map((is) => ({ held: { host: held, shared: was }, wanted: { host: wanted, shared: is } })),
      ),
    ),
);

/** The one listener of a document and its target. */
function listenerOn(bind: string, socketReusePort: boolean) {
  const configuration = parseDocument([{ name: "a", bind: [bind], socketReusePort }]);
  const [settings] = configuration.listeners;
  const [address] = settings?.bind ?? [];
  if (!settings || !address) throw new Error("the document has a listener with an address");
  return { configuration, settings, target: { ...address, ipv6Only: false } };
}

const refusal = (error: unknown): "refused" => {
  if (error instanceof BindError && error.errno === "EADDRINUSE") return "refused";
  throw error;
};

type Pair = (typeof pairs)[number];

/** What the plan says of the second address, and what the kernel does. */
async function tried({ held, wanted }: Pair): Promise<{ planned: string; outcome: string }> {
  const free = listenerOn(`${held.host}:0`, held.shared);
  const socket = await bindSocket(free.target, free.settings);
  try {
    await socket.listen();
    const { port } = socket.address;
    const before = listenerOn(`${held.host}:${port}`, held.shared);
    const after = listenerOn(`${wanted.host}:${port}`, wanted.shared);
    const outcome = await bindSocket(after.target, after.settings).then(async (second) => {
      const listening = await second.listen().then(() => "bound" as const, refusal);
      second.close();
      return listening;
    }, refusal);
    const { conflicts } = planReload(before.configuration, after.configuration);
    return { planned: conflicts.length > 0 ? "refused" : "bound", outcome };
  } finally {
    socket.close();
  }
}

const kernelKnown = process.platform === "linux";

test.skipIf(!kernelKnown).each(pairs)(
  "$wanted.host sharing $wanted.shared while $held.host sharing $held.shared listens is planned as the kernel has it",
  async (pair) => {
    let { planned, outcome } = await tried(pair);
    // On a network that is not this test's own somebody else may have the port on the other address.
    for (let more = hasOwnNetwork ? 0 : 3; more > 0 && planned === "bound" && outcome === "refused"; more--)
      ({ planned, outcome } = await tried(pair));
    expect(planned).toBe(outcome);
  },
);
