/**
 * `npm run bench [-- start|rules|packets|screen|cluster [ROUNDS]]`: what the program costs beside what a user would use instead, as ratios in
 * one run. Rounds are interleaved, so that a noisy machine is noisy for both. Printed, never asserted.
 */
const parts = new Map([
  ['start', () => import('./start.ts')],
  ['rules', () => import('./rules.ts')],
  ['packets', () => import('./packets.ts')],
  ['screen', () => import('./screen.ts')],
  ['cluster', () => import('./cluster.ts')],
]);
const [asked] = process.argv.slice(2);
const chosen = asked === undefined ? [...parts.values()] : [parts.get(asked)];
for (const run of chosen) {
  if (run === undefined) throw new Error(`there is no part ${asked}: ${[...parts.keys()].join(', ')}`);
  await run();
}
