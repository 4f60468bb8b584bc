import { walkModels } from "./suite.ts";
import { workerModel } from "./worker.model.ts";

walkModels({
  models: { "a worker": workerModel() },
  impossible: {
    "draining: thread.lost": "a thread that drains is let go, and a reload under way has ended before",
  },
  pairs: 22,
  distinguish({ snapshot, facts }) {
    const losses: number = Reflect.get(snapshot.context, "losses");
    const counted = snapshot.value === "starting" || snapshot.value === "replaced";
    return JSON.stringify([snapshot.value, counted ? losses : losses > 0, facts.has("let go")]);
  },
  randomWalks: 20,
});
