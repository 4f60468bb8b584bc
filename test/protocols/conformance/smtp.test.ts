import { smtp } from "../../../src/protocols/smtp/index.ts";
import { describeProtocol } from "./conformance.ts";
import { smtpWords } from "./smtp-fixture.ts";

describeProtocol({
  ...smtpWords,
  open: smtp,
  greeting: /^220 localhost ESMTP .*\r\n/,
  hello: { send: "EHLO client\r\n", reply: /^250 HELP\r\n/m },
});
