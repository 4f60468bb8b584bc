import type { Situation } from "../../src/testing/index.ts";
import { fleetModel } from "./fleet.model.ts";
import { walkModels } from "./suite.ts";

walkModels({
  models: { "a node of a fleet": fleetModel() },
  impossible: {},
  pairs: 37,
  distinguish: ({ snapshot }: Situation) => JSON.stringify(snapshot.value),
  randomWalks: 8,
  apart: true,
});
