/** Contenders measured in turn, A B A B, so that a disturbance affects all of them. */

export interface Contender<Name extends string> {
  readonly name: Name;
  /** Before the first turn: warms a program up. Null if it is new in each turn. */
  readonly warmUp: (() => Promise<unknown>) | null;
  /** One turn's figure. */
  measure(): Promise<number>;
}

/** The samples of each. */
export async function takeTurns<Name extends string>(
  contenders: readonly Contender<Name>[],
  rounds: number,
): Promise<Record<Name, number[]>> {
  const samples = Object.fromEntries(contenders.map(({ name }) => [name, []])) as unknown as Record<Name, number[]>;
  for (const contender of contenders) await contender.warmUp?.();
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) samples[contender.name].push(await contender.measure());
  }
  return samples;
}
