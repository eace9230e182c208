import { beforeAll, test } from '@jest/globals';

/** Tests that wait for the cluster more than they work: they run at the same time, and each is reported by itself. */
export function sideBySide(cases: Readonly<Record<string, () => Promise<void>>>): void {
  const outcomes = new Map<string, PromiseSettledResult<void>>();

  beforeAll(async () => {
    await Promise.all(
      Object.entries(cases).map(async ([title, run]) => {
        const [outcome] = await Promise.allSettled([run()]);
        outcomes.set(title, outcome);
      }),
    );
  });

  test.each(Object.keys(cases))('%s', title => {
    const outcome = outcomes.get(title);
    if (outcome?.status !== 'fulfilled') throw outcome?.reason ?? new Error('it did not run');
  });
}
