import { z } from "zod";
import { documentSchema } from "./schema.ts";

/** The JSON Schema of the document (draft 2020-12), for editors: every accepted form, with descriptions and defaults. */
export function jsonSchema(): object {
  const schema = z.toJSONSchema(documentSchema, {
    target: "draft-2020-12",
    io: "input",
    override: ({ jsonSchema: node }) => {
      // fieldsOf refuses unknown fields by a catch-all that nothing satisfies; JSON Schema has a keyword for that.
      const rest = node.additionalProperties;
      if (typeof rest === "object" && rest.not && Object.keys(rest.not).length === 0) node.additionalProperties = false;
    },
  });
  return { ...schema, title: "Gatehouse configuration" };
}
