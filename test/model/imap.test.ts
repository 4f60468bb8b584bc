import { distinguish, imapModel, impossible } from "./imap.model.ts";
import { walkModels } from "./suite.ts";

walkModels({ models: { "an IMAP session": imapModel }, impossible, pairs: 66, distinguish, randomWalks: 90 });
