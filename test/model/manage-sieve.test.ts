import { distinguish, impossible, manageSieveModel } from "./manage-sieve.model.ts";
import { walkModels } from "./suite.ts";

walkModels({
  models: { "a ManageSieve session": manageSieveModel },
  impossible,
  pairs: 42,
  distinguish,
  randomWalks: 40,
});
