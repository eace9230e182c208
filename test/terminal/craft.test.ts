import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { buildProgram, type Program } from '../cli/program.ts';
import { Terminal } from './terminal.ts';

let program: Program;
let terminal: Terminal | undefined;
let folder: string;

beforeAll(() => {
  program = buildProgram();
  folder = mkdtempSync(join(tmpdir(), 'netinspect-craft-'));
});
afterEach(() => {
  terminal?.close();
  terminal = undefined;
});
afterAll(() => {
  program.remove();
  rmSync(folder, { recursive: true });
});

/** The screen on the demo, as it stands once its first place is loaded. */
async function opened(options?: ConstructorParameters<typeof Terminal>[1]): Promise<Terminal> {
  terminal = new Terminal([program.file, '--from', 'demo'], options);
  await terminal.until(/▸ node1/);
  return terminal;
}

test('a trace by keys: both ends asked for, branches with shares, the rule that decided in its chain', async () => {
  const screen = await opened({ columns: 160, rows: 50 });
  screen.press('":shop/web-0" Enter');
  await screen.until(/││ {5}┌ ⚠ pod shop\/web-0 ─+┐ +┌ node1 ─+┐/m);
  screen.press('"t"');
  await screen.until(/^trace from .*: pod\/shop\/web-0▏$/m);
  screen.press('Enter "svc/shop/web" Enter');
  await screen.until(/› trace pod\/shop\/web-0 → svc\/shop\/web .*[\s\S]*├ 1\/3[\s\S]*└ 1\/3/);
  screen.press('/ "DNAT to 10.244.2.2" Enter Enter');
  await screen.until(/› KUBE-SEP-\w+ +demo\n[\s\S]*▸ .*DNAT to 10\.244\.2\.2:8080/);
  screen.press('BSpace');
  await screen.until(/› trace pod\/shop\/web-0 → svc\/shop\/web +demo/);
});

test('tab goes into the tree of chains, and what it stands on is shown beside it', async () => {
  const screen = await opened({ columns: 160, rows: 50 });
  screen.press('Enter "gPREROUTING" Enter');
  await screen.until(/^┌─ ip nat · 1\/\d+ .*┌─ PREROUTING /m);
  screen.press('Tab Down');
  await screen.until(/^│ ▸ {3}KUBE-SERVICES .*││/m);
  screen.press('End');
  await screen.until(/^│ ▸ POSTROUTING .*││[\s\S]*/m);
  await screen.until(/┌─ POSTROUTING · postrouting \(nat\) at 100/);
});

describe('what is seen leaves the screen', () => {
  test('o saves it, and asks before it overwrites', async () => {
    const file = join(folder, 'pods.txt');
    const screen = await opened();
    screen.press(`"2o" C-u "${file}" Enter`);
    await screen.until(/^saved: .*pods\.txt/m);
    const saved = readFileSync(file, 'utf8');
    expect(saved).toMatch(/^pods \(28\)/);
    expect(saved).toMatch(/^shop +web-0 +✓ ready +node1/m);
    writeFileSync(file, 'mine');
    screen.press(`"o" C-u "${file}" Enter`);
    await screen.until(/exists\. Overwrite it\? \(y\/n\)/);
    screen.press('"n"');
    await screen.until(/^not saved/m);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  test('a file that cannot be written is told', async () => {
    const screen = await opened();
    screen.press(`"o" C-u "${folder}/no/such/folder.txt" Enter`);
    await screen.until(/^✗ ENOENT/m);
  });

  test('y copies the row by way of the terminal', async () => {
    const screen = await opened();
    screen.press('"y"');
    await screen.until(/^copied: node1 /m);
    expect(screen.clipboard()).toMatch(/^node1 +✓ Ready/);
  });
});

test('Ctrl-Z gives the terminal back to the shell, fg goes on where it was', async () => {
  const screen = await opened({ jobs: true });
  screen.press('"j"');
  await screen.until(/▸ node2/);
  screen.press('C-z');
  await screen.until(/Stopped[\s\S]*^shell>$/m);
  expect(screen.flag('alternate_on')).toBe('0');
  screen.press('"stty -a | grep -o -w icanon; fg" Enter');
  await screen.until(/▸ node2[\s\S]*q quit$/);
  expect(screen.flag('alternate_on')).toBe('1');
  screen.press('"k"');
  await screen.until(/▸ node1/);
  screen.press('"q"');
  await screen.until(/^icanon$[\s\S]*shell>$/m);
});

test('what is pasted is typed, never keys: into a filter, and into what is asked', async () => {
  const screen = await opened();
  screen.press('Tab');
  await screen.until(/pods \(28\)/);
  screen.paste('shop/web-2\nq');
  await screen.until(/^\/shop\/web-2▏ {2}1 of 28$/m);
  screen.press('Escape t C-u');
  await screen.until(/^trace from .*: ▏$/m);
  screen.paste('pod/shop/web-0');
  await screen.until(/^trace from .*: pod\/shop\/web-0▏$/m);
});

test('a crash restores the terminal and says how to tell us', async () => {
  const preload = join(folder, 'crash.cjs');
  writeFileSync(preload, "process.on('SIGUSR2', () => { throw new TypeError('made by a test'); });\n");
  const screen = await opened({ env: { NODE_OPTIONS: `--require=${preload}` } });
  screen.signal('SIGUSR2');
  const after = await screen.until(/^code \d+[\s\S]*\biexten\b/m);
  expect(after).toMatch(/^error: TypeError: made by a test$/m);
  expect(after).toContain('This is a defect of netinspect, not of your cluster: please report it');
  expect(after).toMatch(/^code 70$/m);
  expect(after).toMatch(/ icanon /);
  expect(screen.flag('alternate_on')).toBe('0');
});
