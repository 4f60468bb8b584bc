/** Which addresses can be listened on together: what the check of a document says, and what the kernel does. */
import { describe, expect, test } from "vitest";
import { ipv6OnlyIn } from "../../../src/config/addresses/ipv6-only.ts";
import { ConfigurationError } from "../../../src/config/document/configuration-error.ts";
import { parseDocument } from "../../../src/config/document/document.ts";
import { BindError } from "../../../src/runtime/sockets/bind-error.ts";
import { bindSocket } from "../../../src/runtime/sockets/bind-socket.ts";
import type { BoundSocket } from "../../../src/runtime/sockets/bound-socket.ts";
import { freePort } from "../../free-port.ts";
import { hasOwnNetwork } from "../../own-network.ts";
import { issuesOf } from "../documents.ts";

const hosts = ["[::]", "0.0.0.0", "[::1]", "127.0.0.1", "127.0.0.2"];
const both = [true, false];

interface Pair {
  readonly hosts: readonly [string, string];
  readonly shared: readonly [boolean, boolean];
  readonly reuseAddress: boolean;
}

const pairs: Pair[] = hosts.flatMap((first) =>
  hosts
    .filter((second) => second !== first)
    .flatMap((second) =>
      both.flatMap((one) =>
        both.flatMap((other) =>
          both.map((reuseAddress) => ({ hosts: [first, second], shared: [one, other], reuseAddress }) as const),
        ),
      ),
    ),
);

function documentOf({ hosts: [first, second], shared, reuseAddress }: Pair, port: number) {
  const socketReuseAddress = reuseAddress;
  return [
    { name: "a", bind: [`${first}:${port}`], socketReusePort: shared[0], socketReuseAddress },
    { name: "b", bind: [`${second}:${port}`], socketReusePort: shared[1], socketReuseAddress },
  ];
}

/** As a start does it: every address is bound, then all listen. */
async function start(pair: Pair, port: number): Promise<"listening" | "refused"> {
  // The document may be refused as a whole; each half of it is not.
  const halves = documentOf(pair, port).map((listener) => parseDocument([listener]).listeners[0]);
  const listeners = halves.flatMap((settings) => (settings ? [settings] : []));
  const isIpv6Only = ipv6OnlyIn({ listeners });
  const open: BoundSocket[] = [];
  try {
    for (const settings of listeners)
      for (const address of settings.bind)
        open.push(await bindSocket({ ...address, ipv6Only: isIpv6Only(address) }, settings));
    for (const socket of open) await socket.listen();
    return "listening";
  } catch (error) {
    if (error instanceof BindError && error.errno === "EADDRINUSE") return "refused";
    throw error;
  } finally {
    for (const socket of open) socket.close();
  }
}

function check(pair: Pair): "listening" | "refused" {
  try {
    parseDocument(documentOf(pair, 25));
    return "listening";
  } catch (error) {
    if (error instanceof ConfigurationError) return "refused";
    throw error;
  }
}

describe.skipIf(process.platform !== "linux")("two addresses of one port", () => {
  test.each(pairs)("$hosts, sharing $shared, reusing $reuseAddress, are checked as the kernel has it", async (pair) => {
    const expected = check(pair);
    let outcome = await start(pair, await freePort());
    // Somebody else may have taken the port: then another one is free.
    for (let more = hasOwnNetwork ? 0 : 3; more > 0 && expected === "listening" && outcome === "refused"; more--)
      outcome = await start(pair, await freePort());
    expect(outcome).toBe(expected);
  });
});

test("the mistake is at the address that a wildcard takes too, and says what to do", () => {
  const document = [
    { name: "all", bind: ["[::]:25"], socketReusePort: false },
    { name: "one", bind: ["127.0.0.1:25", "[::1]:26"] },
  ];
  expect(issuesOf(document)).toEqual([
    {
      path: "[1].bind[0]",
      message:
        "cannot be bound beside [::]:25 of [0], which takes this address too; " +
        "set socketReusePort to true for both listeners, or leave one of the two addresses out",
    },
  ]);
  const alone = [{ name: "a", bind: { "127.0.0.1:25": true, "0.0.0.0:25": true }, socketReusePort: false }];
  expect(issuesOf(alone)).toEqual([
    {
      path: '[0].bind["127.0.0.1:25"]',
      message:
        "cannot be bound beside 0.0.0.0:25, which takes this address too; " +
        "set socketReusePort to true for it, or leave one of the two addresses out",
    },
  ]);
});

test("ten thousand addresses are checked in a time that grows with them alone", () => {
  const bind = Array.from({ length: 10_000 }, (_, index) => `127.0.${index >> 8}.${index & 255}:25`);
  const document = [
    { name: "many", bind, socketReusePort: false },
    { name: "all", bind: ["[::]:25"] },
  ];
  const before = performance.now();
  expect(issuesOf(document)).toHaveLength(10_000);
  expect(performance.now() - before).toBeLessThan(10_000);
});
