/** The management API over a document that no server runs: what is changed is written to its file. */
import { type Configuration, planReload, type RunningDocument } from "../../config/index.ts";
import { createGatehouse } from "../../gatehouse.ts";
import { controlGrant } from "../../management/access/permissions.ts";
import { readRequest } from "../../management/jmap/request.ts";
import { Management } from "../../management/management.ts";
import { EndHistory } from "../../runtime/observe/end-history.ts";
import type { ReloadReport } from "../../runtime/reload/reload.ts";
import { ReloadHistory } from "../../runtime/reload/reload-history.ts";
import { systemClock } from "../../runtime/time/clock.ts";
import { answersIn, type CallMethods, requestOf } from "../ask-jmap.ts";

/** @throws ConfigurationError */
export async function callUnserved(document: RunningDocument<ReloadReport>): Promise<CallMethods> {
  let configuration: Configuration = await document.read();
  document.manage({
    get configuration() {
      return configuration;
    },
    plan: async (next) => planReload(configuration, next),
    reload: async (next) => {
      const plan = planReload(configuration, next);
      configuration = next;
      return { generation: 1, plan, certificatesChanged: false, draining: {}, warnings: [] };
    },
  });
  const gatehouse = createGatehouse({ config: configuration, document });
  const management = new Management({
    gatehouse: {
      ...gatehouse,
      get configuration() {
        return configuration;
      },
    },
    document,
    ends: new EndHistory(systemClock),
    reloads: new ReloadHistory(gatehouse, systemClock),
    reload: unserved,
    renew: unserved,
    failed: (_, error) => {
      throw error;
    },
    changed: () => {},
  });
  return async (calls) =>
    answersIn(await management.respond(readRequest(JSON.stringify(requestOf(calls))), controlGrant));
}

function unserved(): Promise<never> {
  return Promise.reject(new Error("No server runs this document."));
}
