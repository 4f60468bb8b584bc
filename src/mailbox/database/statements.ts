import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";

export type Row = Record<string, SQLOutputValue>;

type NamedValues = readonly [Readonly<Record<string, SQLInputValue>>];

/** In the order of the question marks, or by name. */
type Values = readonly SQLInputValue[] | NamedValues;

/** A connection to the database with its prepared statements. */
export class Statements {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  get(sql: string, ...values: Values): Row | undefined {
    const statement = this.#prepare(sql);
    return isNamed(values) ? statement.get(values[0]) : statement.get(...values);
  }

  all(sql: string, ...values: Values): Row[] {
    const statement = this.#prepare(sql);
    return isNamed(values) ? statement.all(values[0]) : statement.all(...values);
  }

  /** One row after the other; SQLite's transaction lasts until the end, so nothing is to be awaited meanwhile. */
  iterate(sql: string, values: NamedValues[0]): Iterable<Row> {
    return this.#prepare(sql).iterate(values);
  }

  run(sql: string, ...values: Values): { readonly changes: number; readonly lastInsertRowid: number } {
    const statement = this.#prepare(sql);
    const { changes, lastInsertRowid } = isNamed(values) ? statement.run(values[0]) : statement.run(...values);
    return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function isNamed(values: Values): values is NamedValues {
  const [first] = values;
  return typeof first === "object" && first !== null && !ArrayBuffer.isView(first);
}
