import { expect, test } from '@jest/globals';
import { parseXtRecent } from '../../src/parse/xt-recent.ts';
import { fixture } from './fixture.ts';

// fixtures/xt_recent/record.sh
test.each([
  ['SEEN', ['127.0.0.5', '127.0.0.1']],
  ['SEEN6', ['0000:0000:0000:0000:0000:0000:0000:0001']],
  ['EMPTY', []],
])('%s', (name, addresses) => {
  const { records, unread } = parseXtRecent(fixture(`xt_recent/${name}`));
  expect(unread).toEqual([]);
  expect(records.map(({ address }) => address)).toEqual(addresses);
  for (const { raw, lastSeen } of records) expect(raw).toContain(`last_seen: ${lastSeen} `);
});

test('another line is handed back', () => {
  expect(parseXtRecent('+1.2.3.4\n').unread).toEqual([
    { raw: '+1.2.3.4', line: 1, why: 'not "src=ADDRESS ttl: … last_seen: …"' },
  ]);
});
