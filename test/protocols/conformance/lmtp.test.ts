import { lmtp } from "../../../src/protocols/lmtp/index.ts";
import { describeProtocol } from "./conformance.ts";
import { smtpWords } from "./smtp-fixture.ts";

describeProtocol({
  ...smtpWords,
  open: (services) => lmtp({ ...services, offerAuth: true }),
  greeting: /^220 localhost LMTP .*\r\n/,
  hello: { send: "LHLO client\r\n", reply: /^250 HELP\r\n/m },
});
