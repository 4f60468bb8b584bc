/** An object as somebody is changing it: its value, and what was typed that is no value yet. */
import { isObject, isSame, type Path, patchBetween, pointerOf, valueAt, withValueAt } from "./patch.ts";

export class Draft {
  readonly original: unknown;
  #value: unknown;
  /** As typed, by pointer. */
  readonly #texts = new Map<string, string>();
  readonly #problems = new Map<string, string>();
  /** The members of sets and maps in the order in which they were typed, empty ones too. */
  readonly #rows = new Map<string, readonly string[]>();

  constructor(original: unknown) {
    this.original = original;
    this.#value = original;
  }

  get value(): unknown {
    return this.#value;
  }

  at(path: Path): unknown {
    return valueAt(this.#value, path);
  }

  put(path: Path, value: unknown): void {
    this.#value = withValueAt(this.#value, path, value);
  }

  /** What stands in the field: as typed, else as `written` says. */
  text(path: Path, written: string): string {
    return this.#texts.get(pointerOf(path)) ?? written;
  }

  /** @param value undefined where the text is none: then `problem` says why. */
  type(path: Path, text: string, reading: { readonly value?: unknown; readonly problem?: string }): void {
    const pointer = pointerOf(path);
    this.#texts.set(pointer, text);
    if (reading.problem === undefined) {
      this.#problems.delete(pointer);
      this.put(path, reading.value);
    } else this.#problems.set(pointer, reading.problem);
  }

  /** The way in which the value is written from now on: what was typed is understood. */
  settle(path: Path): void {
    const pointer = pointerOf(path);
    if (!this.#problems.has(pointer)) this.#texts.delete(pointer);
  }

  rows(path: Path, members: readonly string[]): readonly string[] {
    return this.#rows.get(pointerOf(path)) ?? members;
  }

  setRows(path: Path, rows: readonly string[]): void {
    this.#rows.set(pointerOf(path), rows);
  }

  /** Forgets what was typed below: another object stands there now. */
  forget(path: Path): void {
    const pointer = pointerOf(path);
    for (const map of [this.#texts, this.#problems, this.#rows])
      for (const key of map.keys()) if (key === pointer || key.startsWith(`${pointer}/`)) map.delete(key);
  }

  /** What cannot be read, by pointer. */
  get problems(): ReadonlyMap<string, string> {
    return this.#problems;
  }

  patch(): Record<string, unknown> {
    return patchBetween(this.original, this.#value);
  }

  /** What a new object is made with: all that is not as the defaults have it. */
  creation(): Record<string, unknown> {
    const defaults = isObject(this.original) ? this.original : {};
    const members = Object.entries(isObject(this.#value) ? this.#value : {});
    return Object.fromEntries(
      members.filter(([name, value]) => name === "@type" || (value !== undefined && !isSame(value, defaults[name]))),
    );
  }

  get isChanged(): boolean {
    return this.#problems.size > 0 || Object.keys(this.patch()).length > 0;
  }
}
