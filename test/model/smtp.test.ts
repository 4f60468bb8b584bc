import { distinguish, impossible, smtpModel } from "./smtp.model.ts";
import { walkModels } from "./suite.ts";

walkModels({
  models: {
    "an SMTP session": smtpModel(),
    "one whose senders are not asked about": smtpModel({ asksForSenders: false }),
  },
  impossible,
  pairs: 74,
  distinguish,
  randomWalks: 15,
});
