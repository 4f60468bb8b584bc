import { distinguish, impossible, smtpModel } from "./smtp.model.ts";
import { walkModels } from "./suite.ts";

walkModels({
  models: {
    "an LMTP session": smtpModel({ dialect: "lmtp" }),
    "one whose senders are not asked about": smtpModel({ asksForSenders: false, dialect: "lmtp" }),
  },
  impossible,
  pairs: 74,
  distinguish,
  randomWalks: 15,
});
