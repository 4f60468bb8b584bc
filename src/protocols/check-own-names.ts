/** Whether what a protocol registers can be a name in the log, in metrics and in the console. */
import type { NamedByProtocol, OwnCauses, OwnNotices } from "./own-names.ts";
import { ProtocolOptionError } from "./session/options.ts";

/** Each is a series of metrics, of every listener. */
const mostNames = 32;
const forms = {
  causes: { form: /^[a-z][a-z0-9-]{0,39}$/, example: "quota-exceeded" },
  notices: { form: /^[a-z][A-Za-z0-9]{0,39}$/, example: "keyExpired" },
};
const sentence = /^[^\p{Cc}]{1,200}$/u;

/** @throws ProtocolOptionError */
export function checkOwnNames({ name: protocol, causes = {}, notices = {} }: NamedByProtocol): void {
  const refuse = (option: string, expected: string): never => {
    throw new ProtocolOptionError(protocol, option, expected);
  };
  const check = (option: "causes" | "notices", given: OwnCauses | OwnNotices): void => {
    const { form, example } = forms[option];
    const entries = Object.entries(given);
    if (entries.length > mostNames) refuse(option, `at most ${mostNames} names, each being a series of metrics`);
    for (const [name, { meaning }] of entries) {
      const isNamed = name.startsWith(`${protocol}:`) && form.test(name.slice(protocol.length + 1));
      if (!isNamed) refuse(option, `named like "${protocol}:${example}", and ${JSON.stringify(name)} is not`);
      if (!sentence.test(meaning)) refuse(option, `described, each by a meaning of one line; ${name} is not`);
    }
  };
  check("causes", causes);
  check("notices", notices);
  for (const [name, { end = "flushed" }] of Object.entries(causes))
    if (end !== "flushed" && end !== "cut") refuse("causes", `"flushed" or "cut" in end; ${name} is not`);
}
