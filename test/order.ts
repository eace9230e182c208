import { statSync } from 'node:fs';

interface TestFile {
  path: string;
}

/** Of the cluster's tests the last: it ends the cluster, and another start takes half a minute. */
const last = 'test/cluster/harness-down.test.ts';

/**
 * Jest's test sequencer: the same order in every run, whatever ran or failed before. Of files that run side by side the large ones
 * come first, as Jest itself does where it knows no durations.
 */
export default class Order {
  sort<T extends TestFile>(tests: readonly T[]): T[] {
    const size = new Map(tests.map(({ path }) => [path, statSync(path).size]));
    const rank = ({ path }: TestFile) => (path.endsWith(last) ? -1 : (size.get(path) ?? 0));
    return [...tests].sort((a, b) => rank(b) - rank(a));
  }

  /** Jest hands over what failed and how long each took; nothing here asks for it. */
  cacheResults(): void {}
}
