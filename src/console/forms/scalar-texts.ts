/** Scalars as the texts of a form: how each type is written, and how it is read. */
import type { FieldType } from "../wire/schema.ts";
import { localText, readLocal } from "./local-moments.ts";
import { durationText, readDuration, readSize, sizeText } from "./quantities.ts";

export interface ScalarReading {
  readonly value?: unknown;
  readonly problem?: string;
}

export function scalarText(type: FieldType, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (type.type === "number" && typeof value === "number") return numberText(type, value);
  if (type.type === "utcDateTime" && typeof value === "string") return localText(value);
  return String(value);
}

/** Nothing is null, where that may be; else the field is left out, and the server says that it is needed. */
export function readScalar(type: FieldType, text: string): ScalarReading {
  if (text.trim() === "") return { value: emptyOf(type) };
  if (type.type === "number") return readNumber(type, text);
  if (type.type === "utcDateTime") return { value: readLocal(text) };
  return { value: text };
}

function emptyOf({ type, nullable }: FieldType): unknown {
  if (nullable) return null;
  return type === "string" ? "" : undefined;
}

function numberText({ format }: FieldType, value: number): string {
  if (format === "duration") return durationText(value);
  return format === "size" ? sizeText(value) : String(value);
}

function readNumber(type: FieldType, text: string): ScalarReading {
  const value = numberIn(type, text.trim());
  if (value === null) return { problem: `Write ${formOf(type)}.` };
  if (type.min !== undefined && value < type.min) return { problem: `At least ${numberText(type, type.min)}.` };
  if (type.max !== undefined && value > type.max) return { problem: `At most ${numberText(type, type.max)}.` };
  return { value };
}

function numberIn({ format }: FieldType, text: string): number | null {
  if (format === "duration") return readDuration(text);
  if (format === "size") return readSize(text);
  const value = Number(text);
  if (!Number.isFinite(value) || (format !== "float" && !Number.isSafeInteger(value))) return null;
  return value;
}

function formOf({ format }: FieldType): string {
  if (format === "duration") return "a time like 500ms, 30s, 5m, 1h or 1h 30m";
  if (format === "size") return "a size like 4096, 64KiB or 2MiB";
  return format === "float" ? "a number" : "a whole number";
}
