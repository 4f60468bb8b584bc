import type { Situation } from "../../src/testing/index.ts";
import { serverModel } from "./server.model.ts";
import { walkModels } from "./suite.ts";

walkModels({
  models: { "a server": serverModel() },
  impossible: {
    "draining: error drainListeners":
      "what a drain gives back last, the control socket and the store, is closed without a failure being told",
  },
  pairs: 9,
  distinguish: ({ snapshot, facts }: Situation) =>
    JSON.stringify([snapshot.value, facts.has("inside") && !facts.has("left"), facts.has("stopped")]),
  randomWalks: 20,
});
