import type { Impossible, Situation } from "../../src/testing/index.ts";
import { smtpModel } from "./smtp.model.ts";
import { walkModels } from "./suite.ts";

const sameTurn = "the greeting is sent in the turn in which the session begins";
const noTurn = "the session has no turn while the handshake is under way: it hears of what came when that is done";
const said = "a session that has said its last word has no turn any more";

const impossible: Impossible = {
  "greeting: drain": sameTurn,
  "greeting: session.ended": sameTurn,
  "greeting: connection.closed": sameTurn,
  "upgrading: drain": noTurn,
  "upgrading: session.ended": noTurn,
  "closing: drain": said,
  "closing: session.ended": said,
  "bdat: command.bdat": "the chart is told of the first chunk only, and asked whether others may come",
};

function distinguish({ snapshot, facts }: Situation): string {
  const { draining, recipients, authenticated } = snapshot.context;
  const state = String(snapshot.value);
  const asks = ["verifying", "delivering"].includes(state);
  const asked = [...facts].filter((fact) => asks && fact.startsWith("asked") && !facts.has(`${fact}, answered`));
  const slowly = facts.has("slowly") && ["mail", "rcpt", "data", "bdat", "delivering"].includes(state);
  const injected = [...facts].filter((fact) => state === "upgrading" && fact.startsWith("injected"));
  return JSON.stringify([state, injected, draining, recipients > 0, authenticated && state === "ready", asked, slowly]);
}

walkModels({
  models: {
    "an SMTP session": smtpModel(),
    "one whose senders are not asked about": smtpModel({ asksForSenders: false }),
  },
  impossible,
  pairs: 74,
  distinguish,
  randomWalks: 30,
});
