/** What decides about other commands: RFC 5228 section 3, 5229 (variables), 5463 (ihave), 5703 (foreverypart), 6609 (include). */
import { modifiers } from "./arguments.ts";
import { command, type ValueRule, type Words } from "./signature.ts";

const variables: ValueRule = { name: "the variables", type: "string-list", strings: "variable-name" };
const loopName: ValueRule = { name: "the loop's name", type: "string" };

export const control: Words = [
  ["require", command({ values: [{ name: "the extensions", type: "string-list" }] })],
  ["if", command({ tests: "one", block: true })],
  ["elsif", command({ tests: "one", block: true })],
  ["else", command({ block: true })],
  ["stop", command()],
  [
    "set",
    command({
      extension: "variables",
      tags: modifiers,
      values: [
        { name: "the variable", type: "string", strings: "settable-variable" },
        { name: "the value", type: "string" },
      ],
    }),
  ],
  ["error", command({ extension: "ihave", values: [{ name: "the message", type: "string" }] })],
  ["foreverypart", command({ extension: "foreverypart", tags: [{ name: "name", value: loopName }], block: true })],
  ["break", command({ extension: "foreverypart", tags: [{ name: "name", value: loopName }], within: "foreverypart" })],
  [
    "include",
    command({
      extension: "include",
      tags: [
        { name: "personal", group: "location" },
        { name: "global", group: "location" },
        { name: "once" },
        { name: "optional" },
      ],
      values: [{ name: "the script", type: "string", strings: "script-name" }],
    }),
  ],
  ["return", command({ extension: "include" })],
  ["global", command({ extension: ["include", "variables"], values: [variables] })],
  // Of drafts of RFC 6609; Pigeonhole takes them.
  ["import", command({ extension: ["include", "variables"], values: [variables] })],
  ["export", command({ extension: ["include", "variables"], values: [variables] })],
];
