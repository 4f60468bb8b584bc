import { distinguish, impossible, pop3Model } from "./pop3.model.ts";
import { walkModels } from "./suite.ts";

walkModels({ models: { "a POP3 session": pop3Model }, impossible, pairs: 64, distinguish, randomWalks: 40 });
