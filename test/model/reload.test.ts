import type { Situation } from "../../src/testing/index.ts";
import { reloadModel } from "./reload.model.ts";
import { walkModels } from "./suite.ts";

const closesOnly = "it closes sockets and tells listeners to end, which cannot fail";

walkModels({
  models: { "a reload": reloadModel() },
  impossible: { "retiring: error retireReplaced": closesOnly, "rollingBack: error discardStaged": closesOnly },
  pairs: 24,
  distinguish: ({ snapshot, facts }: Situation) => JSON.stringify([snapshot.value, facts.has("occupied")]),
  randomWalks: 10,
});
