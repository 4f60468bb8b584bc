/** What a server remembers that its successor ought to know: who is blocked, how often clients came, what is suspended. */
import type { PackedRates } from "../admission/connection-rates.ts";
import type { Carried } from "../upgrade/carried.ts";
import type { Server } from "./server.ts";

interface PackedBlock {
  readonly address: string;
  readonly expiresAt: string | null;
  readonly reason: string | null;
}

export function carriedParts(server: Server): Carried[] {
  return [
    {
      name: "generation",
      pack: () => server.generation,
      unpack: (packed) => server.countFrom((packed as number) + 1),
    },
    {
      // Those of the document are read from the document.
      name: "blocked",
      pack: () => {
        const inDocument = new Set(server.configuration.blocked.map(({ address }) => address));
        return server.blockList.entries().filter(({ address }) => !inDocument.has(address));
      },
      unpack: (packed) => {
        for (const entry of packed as PackedBlock[]) server.blockHere(entry);
      },
    },
    ofListeners<PackedRates>(server, "rates", {
      pack: ({ rates }) => rates?.pack() ?? null,
      unpack: ({ rates }, packed) => rates?.unpack(packed),
    }),
    ofListeners<true>(server, "suspended", {
      pack: ({ pausedBy }) => (pausedBy.includes("suspended") ? true : null),
      unpack: (listener) => listener.beginSuspended(),
    }),
    {
      name: "ticketSecret",
      pack: () => Buffer.from(server.ticketSecret).toString("base64"),
      unpack: (packed) => server.continueTickets(Buffer.from(packed as string, "base64")),
    },
  ];
}

type Served = Server["served"][number];

interface OfListener<Packed> {
  /** Null for nothing. */
  pack(listener: Served): Packed | null;
  unpack(listener: Served, packed: Packed): void;
}

/** By the listener's name, for those that both have. */
function ofListeners<Packed>(server: Server, name: string, { pack, unpack }: OfListener<Packed>): Carried {
  return {
    name,
    pack: () =>
      server.served.flatMap((listener) => {
        const packed = pack(listener);
        return packed === null ? [] : [[listener.name, packed] as const];
      }),
    unpack: (all) => {
      const packed = new Map(all as [string, Packed][]);
      for (const listener of server.served) {
        const own = packed.get(listener.name);
        if (own !== undefined) unpack(listener, own);
      }
    },
  };
}
