import { afterAll, beforeAll } from "vitest";
import type { Situation } from "../../src/testing/index.ts";
import { AcmeServer } from "../runtime/acme/acme-server.ts";
import { certificateModel } from "./certificate.model.ts";
import { walkModels } from "./suite.ts";

let authority: AcmeServer;
beforeAll(async () => {
  authority = await AcmeServer.listen();
});
afterAll(() => authority.close());

walkModels({
  models: { "a certificate that renews itself": certificateModel(() => authority) },
  impossible: {},
  pairs: 30,
  distinguish: ({ snapshot, facts }: Situation) => JSON.stringify([snapshot.value, facts.has("in force")]),
  randomWalks: 6,
});
