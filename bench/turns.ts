/** Contenders measured in turn, A B A B, so that what disturbs the machine disturbs all of them. */

export interface Contender<Name extends string> {
  readonly name: Name;
  /** One turn's figure. */
  measure(): Promise<number>;
}

/** The samples of each; the first turns warm up and do not count. */
export async function takeTurns<Name extends string>(
  contenders: readonly Contender<Name>[],
  rounds: number,
  warmUps = 1,
): Promise<Record<Name, number[]>> {
  const samples = Object.fromEntries(contenders.map(({ name }) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const { name, measure } of contenders) {
      const figure = await measure();
      if (round >= 0) samples[name].push(figure);
    }
  }
  return samples;
}
