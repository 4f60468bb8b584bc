/** What many listeners, or many connections that end, cost in one turn of the event loop: nobody else is served in it. */
import { atMost } from "../goal.ts";
import { HeldConnections } from "../load/load.ts";
import { startServer } from "../server-process.ts";
import type { ManyListeners } from "../servers/many-listeners.ts";
import type { Workload } from "../workload.ts";

const longestTurn = 50;

export const manyListeners: Workload = {
  name: "many-listeners",
  openFiles: 10_000,
  async run({ pick }) {
    const [listeners, open, rounds] = [pick(2_000, 500), pick(4_000, 1_000), pick(5, 1)];
    const turns = new Map<string, number[]>();
    const note = (measured: string, { thread }: { readonly thread: number }): void => {
      turns.set(measured, [...(turns.get(measured) ?? []), thread]);
    };
    for (let round = 0; round < rounds; round += 1) {
      const many: ManyListeners = { listeners };
      await using server = await startServer("many-listeners", many);
      note(`a start of ${listeners} listeners`, await server.ask("start"));
      note(`a reload that removes ${listeners / 2}`, await server.ask("halve"));
      note(`a reload that adds ${listeners / 2}`, await server.ask("double"));
      note(`a stop of ${listeners} listeners`, await server.ask("drain"));
    }
    for (let round = 0; round < rounds; round += 1) {
      const one: ManyListeners = { listeners: 1 };
      await using server = await startServer("many-listeners", one);
      await server.ask("start");
      const { l0: port = 0 } = await server.ask("ports");
      await using held = new HeldConnections({ port });
      await held.hold(open);
      note(`a drain of ${open} connections`, await server.ask("drain"));
    }
    const rows = [...turns].map(([measured, samples]) => ({
      ...{ measured, samples, against: null },
      goal: atMost(longestTurn, "figure"),
    }));
    return { tables: [{ unit: "longest turn, busy ms", rows }] };
  },
};
