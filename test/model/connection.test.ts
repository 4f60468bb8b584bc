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
  "admitting: socket.closed": saidBefore,
  "handshaking: socket.closed": saidBefore,
  "upgrading: socket.closed": saidBefore,
};

/** Causes, and what else a path has left behind, make no difference to most stimuli. */
function distinguish({ snapshot, facts }: Situation): string {
  const telling = [
    "stream",
    "busy",
    "deaf",
    "half sent",
    "the strict rule admits",
    "a reload shortens the drain",
  ].filter((fact) => facts.has(fact));
  const injected = [...facts].filter((fact) => snapshot.value === "upgrading" && fact.startsWith("injected"));
  const leaving = snapshot.value === "admitting" && facts.has("leaving");
  return JSON.stringify([snapshot.value, snapshot.context.drainRequested, telling, injected, leaving]);
}

walkModels({
  models: {
    "a connection in clear": connectionModel({ tlsImplicit: false, asyncAdmission: false }),
    "a connection under implicit TLS": connectionModel({ tlsImplicit: true, asyncAdmission: false }),
    "a connection whose rules ask elsewhere": connectionModel({ tlsImplicit: false, asyncAdmission: true }),
    "one under implicit TLS": connectionModel({ tlsImplicit: true, asyncAdmission: true }),
  },
  impossible,
  pairs: 71,
  distinguish,
  randomWalks: 25,
});
