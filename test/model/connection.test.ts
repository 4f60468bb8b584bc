import type { Impossible, Situation } from "../../src/testing/index.ts";
import { connectionModel } from "./connection.model.ts";
import { walkModels } from "./suite.ts";

const sameTurn =
  "a connection is admitted in the turn of the event loop in which it is accepted: nothing comes in between";
const saidBefore = "a socket closes only after FIN or an error, and each of them has ended the connection by then";

const impossible: Impossible = {
  "accepted: connection.drain": sameTurn,
  "accepted: socket.failed": sameTurn,
  "accepted: socket.closed": sameTurn,
  "proxyHeader: socket.closed": saidBefore,
  "handshaking: socket.closed": saidBefore,
  "upgrading: socket.closed": saidBefore,
};

/** Causes, and what else a path has left behind, make no difference to most stimuli. */
function distinguish({ snapshot, facts }: Situation): string {
  const telling = ["stream", "busy", "deaf", "half sent", "a reload shortens the drain"].filter((fact) =>
    facts.has(fact),
  );
  const injected = [...facts].filter((fact) => snapshot.value === "upgrading" && fact.startsWith("injected"));
  return JSON.stringify([snapshot.value, snapshot.context.drainRequested, telling, injected]);
}

walkModels({
  models: { "a connection in clear": connectionModel(false), "a connection under implicit TLS": connectionModel(true) },
  impossible,
  pairs: 58,
  distinguish,
  randomWalks: 40,
});
