/** What options have to be: a program in JavaScript, or with a cast, learns of a mistake from nobody else. */
import { nearest } from "./nearest.ts";

export interface OptionForm {
  /** What follows "must be". */
  readonly expected: string;
  holds(value: unknown): boolean;
  readonly isRequired?: boolean;
}

/** Of each option there is. */
export type OptionForms<Options> = { readonly [Name in keyof Options]-?: OptionForm };

export interface OptionMistake {
  readonly option: string;
  readonly expected: string;
}

/** The first option that there is not, or that has the wrong form; one that is undefined is left out. */
export function optionMistake(given: object, forms: Readonly<Record<string, OptionForm>>): OptionMistake | null {
  const names = Object.keys(forms);
  // An object of a class may have whatever it needs beside.
  const unknown = isPlain(given) ? Object.keys(given).find((name) => !Object.hasOwn(forms, name)) : undefined;
  if (unknown !== undefined) {
    const meant = nearest(unknown, names);
    return { option: unknown, expected: meant ? `spelt "${meant}"` : `left out; there are ${names.join(", ")}` };
  }
  for (const [option, { expected, holds, isRequired = false }] of Object.entries(forms)) {
    const value: unknown = (given as Readonly<Record<string, unknown>>)[option];
    if (value === undefined ? isRequired : !holds(value)) return { option, expected };
  }
  return null;
}

function isPlain(given: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(given);
  return prototype === Object.prototype || prototype === null;
}

export const aFunction: OptionForm = { expected: "a function", holds: (value) => typeof value === "function" };

export const aFlag: OptionForm = { expected: "true or false", holds: (value) => typeof value === "boolean" };

export const aText: OptionForm = {
  expected: "a text that is not empty",
  holds: (value) => typeof value === "string" && value !== "",
};

export const anything: OptionForm = { expected: "anything", holds: () => true };

/** Without a limit it is null. */
export const millisecondsOrNone: OptionForm = {
  expected: "a number of milliseconds above 0, or null for no limit",
  holds: (value) => value === null || (Number.isFinite(value) && (value as number) > 0),
};

export function integerFrom(least: number): OptionForm {
  return {
    expected: `an integer of at least ${least}`,
    holds: (value) => Number.isSafeInteger(value) && (value as number) >= least,
  };
}

export const required = (form: OptionForm): OptionForm => ({ ...form, isRequired: true });

export function oneOf(...values: readonly string[]): OptionForm {
  return {
    expected: values.map((value) => `"${value}"`).join(" or "),
    holds: (value) => values.some((one) => one === value),
  };
}

export function listOf({ expected, holds }: OptionForm): OptionForm {
  return {
    expected: `an array, each of it ${expected}`,
    holds: (value) => Array.isArray(value) && value.every((one) => holds(one)),
  };
}

/** @param required methods it has; @param possible methods that it may have */
export function objectWith(
  expected: string,
  {
    required = [],
    possible = [],
  }: { readonly required?: readonly string[]; readonly possible?: readonly string[] } = {},
): OptionForm {
  return {
    expected,
    holds(value) {
      if ((typeof value !== "object" && typeof value !== "function") || value === null || "then" in value) return false;
      const members = value as Readonly<Record<string, unknown>>;
      return (
        required.every((name) => typeof members[name] === "function") &&
        possible.every((name) => members[name] === undefined || typeof members[name] === "function")
      );
    },
  };
}
