import type { Situation } from "../../src/testing/index.ts";
import { walkModels } from "./suite.ts";
import { upgradeModel } from "./upgrade.model.ts";

walkModels({
  models: { "an upgrade": upgradeModel() },
  impossible: {
    "handingOver: error handOver": "to stop accepting is close(2) of a duplicate, whose failure nobody tells",
    "takingBack: error takeBack": "it ends a process and opens sockets that were open before",
    "draining: error drainServer": "it tells listeners to end, which cannot fail",
  },
  pairs: 16,
  distinguish: ({ snapshot, facts }: Situation) =>
    JSON.stringify([snapshot.value, facts.has("asked"), facts.has("inside") && !facts.has("left")]),
  randomWalks: 20,
});
