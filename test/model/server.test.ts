import type { Situation } from "../../src/testing/index.ts";
import { serverModel } from "./server.model.ts";
import { walkModels } from "./suite.ts";

walkModels({
  models: { "a server": serverModel() },
  impossible: {
    "running: workers.failed": "this server has one worker; test/machines/worker.test.ts has several",
    "draining: error drainListeners": "it tells listeners to end, which cannot fail",
    "releasing: error releaseFoundation":
      "what is given back last, the control socket and the store, is closed without a failure being told",
    "releasing: after releaseTimeout": "no disk hangs here; test/real/command-hung-files.test.ts has one that does",
  },
  pairs: 13,
  distinguish: ({ snapshot, facts }: Situation) =>
    JSON.stringify([snapshot.value, facts.has("inside") && !facts.has("left"), facts.has("stopped")]),
  randomWalks: 8,
});
