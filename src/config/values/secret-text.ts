import { resolve } from "node:path";
import { z } from "zod";
import { mustBe } from "./expectation.ts";
import { fieldDisplay } from "./field-display.ts";
import { fieldsOf } from "./fields.ts";

export interface FromEnvironment {
  readonly "@type": "EnvironmentVariable";
  readonly variableName: string;
}

export interface FromFile {
  readonly "@type": "File";
  /** Absolute in an effective configuration; in a written one, relative to the document. */
  readonly filePath: string;
}

/** A reference to a text that may be shown. Nothing is resolved here: the variable or file is read by its user. */
export type PublicText = { readonly "@type": "Text"; readonly value: string } | FromEnvironment | FromFile;

/** A reference to a text that must never appear in a log, an error or an answer. */
export type SecretText = { readonly "@type": "Text"; readonly secret: string } | FromEnvironment | FromFile;

export const REFERENCE_FORMS =
  '{"@type": "Text", "secret": …}, {"@type": "EnvironmentVariable", "variableName": …} or {"@type": "File", "filePath": …}';
const TYPES = 'must be "Text", "EnvironmentVariable" or "File"';

const NOT_EMPTY = mustBe("a text that is not empty");
const VARIABLE = mustBe("the name of an environment variable");
const PATH = mustBe("the path of a file");

const text = z.string({ error: NOT_EMPTY }).min(1, { error: NOT_EMPTY });

/** Stalwart writes a public text as `value` and a secret one as `secret`; either is accepted in both places. */
const given = fieldsOf({
  "@type": z.literal("Text"),
  value: text.optional().register(fieldDisplay, { label: "Text", format: "text" }),
  secret: text.optional().register(fieldDisplay, { label: "Secret", format: "secretText" }),
});
const fromEnvironment = fieldsOf({
  "@type": z.literal("EnvironmentVariable"),
  variableName: z
    .string({ error: VARIABLE })
    .regex(/^[^=\x00]+$/, { error: VARIABLE })
    .register(fieldDisplay, { label: "Variable", placeholder: "GATEHOUSE_SECRET" }),
});
const fromFile = fieldsOf({
  "@type": z.literal("File"),
  filePath: z
    .string({ error: PATH })
    .regex(/^[^\x00]+$/, { error: PATH })
    .describe("Relative to the folder of the document.")
    .register(fieldDisplay, { label: "File", placeholder: "tls.pem" }),
});

/** The forms of a reference, by their `@type`. */
export const referenceForms = { Text: given, EnvironmentVariable: fromEnvironment, File: fromFile };

const textReference = z.discriminatedUnion("@type", [given, fromEnvironment, fromFile], {
  error: (issue) => (issue.code === "invalid_union" ? TYPES : mustBe(REFERENCE_FORMS)(issue)),
});

/** The text of a `Text` reference, which has exactly one of the two fields. */
function onlyText(given: { readonly value?: string; readonly secret?: string }, context: z.RefinementCtx): string {
  if (given.value !== undefined && given.secret !== undefined) {
    context.addIssue({
      code: "custom",
      params: { hideFound: true },
      message: "must have either value or secret, not both",
    });
  }
  const only = given.value ?? given.secret;
  if (only === undefined) {
    context.addIssue({ code: "custom", params: { hideFound: true }, message: "must have its text in secret or value" });
  }
  return only ?? "";
}

export const publicText = textReference.transform((given, context): PublicText => {
  return given["@type"] === "Text" ? { "@type": "Text", value: onlyText(given, context) } : given;
});

export const secretText = textReference.transform((given, context): SecretText => {
  return given["@type"] === "Text" ? { "@type": "Text", secret: onlyText(given, context) } : given;
});

/** The same reference with its file path made absolute. */
export function withAbsolutePath<Reference extends PublicText | SecretText>(reference: Reference, directory: string) {
  return reference["@type"] === "File" ? { ...reference, filePath: resolve(directory, reference.filePath) } : reference;
}

/** Where a text comes from, in plain words and without the text. */
export function describeSource(reference: PublicText | SecretText): string {
  switch (reference["@type"]) {
    case "Text":
      return "given in the document";
    case "EnvironmentVariable":
      return `environment variable ${reference.variableName}`;
    case "File":
      return `file ${reference.filePath}`;
  }
}
