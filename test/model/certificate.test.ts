import { afterAll, beforeAll } from "vitest";
import type { Situation } from "../../src/testing/index.ts";
import { AcmeServer } from "../runtime/acme/acme-server.ts";
import { certificateModel, isPlaced } from "./certificate.model.ts";
import { fleetCertificateModel } from "./fleet-certificate.model.ts";
import { walkModels } from "./suite.ts";

let authority: AcmeServer;
beforeAll(async () => {
  authority = await AcmeServer.listen();
});
afterAll(() => authority.close());

walkModels({
  models: {
    "a certificate that renews itself": certificateModel(() => authority),
    "a certificate of a fleet": fleetCertificateModel(() => authority),
  },
  impossible: {},
  pairs: 51,
  distinguish: (at: Situation) => {
    const { value } = at.snapshot;
    const isBetween = value === "ordering" || value === "failing";
    return JSON.stringify([value, value === "failing" && at.facts.has("in force"), isBetween && isPlaced(at)]);
  },
  randomWalks: 4,
  apart: true,
});
