/** Kinds of fields that the server sets, and that are but looked at. */
import { z } from "zod";
import { fieldDisplay } from "../../config/index.ts";

type Display = Omit<Parameters<typeof fieldDisplay.add>[1], "label" | "update">;

const number = z.int().min(0);
const truth = z.boolean();
const texts = z.record(z.string(), z.literal(true));

/** What a field is called, what it says, and how it is shown. */
type Words = readonly [label: string, description: string, display?: Display];

function served<Schema extends z.ZodType>(schema: Schema, [label, description, display = {}]: Words): Schema {
  const described = schema.describe(description);
  fieldDisplay.add(described, { label, update: "serverSet", ...display });
  return described;
}

export const text = (...words: Words) => served(z.string(), words);
export const optionalText = (...words: Words) => served(z.string().nullable(), words);
export const set = (...words: Words) => served(texts, words);
export const count = (...words: Words) => served(number, words);
export const optionalCount = (...words: Words) => served(number.nullable(), words);
export const flag = (...words: Words) => served(truth, words);
export const date = (...words: Words) => served(z.iso.datetime(), words);
