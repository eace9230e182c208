import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { buildProgram, type Program } from '../cli/program.ts';
import { type Look, looks, nameOf, sizes } from './looks.ts';
import { Terminal } from './terminal.ts';

let program: Program;
let terminal: Terminal | undefined;

beforeAll(() => {
  program = buildProgram();
});
afterEach(() => {
  terminal?.close();
  terminal = undefined;
});
afterAll(() => program.remove());

/** The screen on the demo, as it stands once its first place is loaded. */
async function opened(options?: ConstructorParameters<typeof Terminal>[1]): Promise<Terminal> {
  terminal = new Terminal([program.file, '--from', 'demo'], options);
  await terminal.until(/▸ node1/);
  return terminal;
}

describe('by keys alone', () => {
  test('pod → service → KUBE-SERVICES → KUBE-SVC → KUBE-SEP → pod, and back', async () => {
    const screen = await opened({ columns: 160, rows: 50 });
    screen.press('Tab / "shop/web-0" Enter Enter');
    await screen.until(/^cluster pods › pod shop\/web-0 .*[\s\S]*MTU 1450/);
    screen.press('/ "→ service shop/web" Enter Enter');
    await screen.until(/› service shop\/web .*[\s\S]*33\.3 %/);
    screen.press('/ "nat PREROUTING" Enter Enter');
    await screen.until(/› KUBE-SERVICES .*[\s\S]*▸ \d+ .*\(shop\/web:http\)/);
    screen.press('Enter');
    await screen.until(/› KUBE-SVC-\w+ +demo/);
    screen.press('/ "SEP" Enter Enter');
    await screen.until(/› KUBE-SEP-\w+ +demo/);
    screen.press('/ "DNAT" Enter Enter');
    await screen.until(/› pod shop\/web-\d +demo/);
    // Back drops the filter of a place before it leaves it.
    screen.press('BSpace');
    await screen.until(/› KUBE-SEP-\w+ +demo/);
    screen.press('BSpace BSpace');
    await screen.until(/› KUBE-SVC-\w+ +demo/);
    screen.press('BSpace BSpace');
    await screen.until(/› KUBE-SERVICES +demo[\s\S]*▸ \d+ .*\(shop\/web:http\)/);
  });

  test('what is typed before the screen is there is not lost', async () => {
    terminal = new Terminal([program.file, '--from', 'demo']);
    terminal.press('Tab "jj"');
    await terminal.until(/pods \(28\) .* 3\/28/);
  });
});

describe('the terminal is as before', () => {
  test.each([
    ['q', 0, ''],
    ['q', 0, 'true'],
    ['C-c', 130, ''],
    ['SIGTERM', 143, ''],
  ] as const)('after %s, with exit code %d (CI=%s)', async (end, code, ci) => {
    const screen = await opened({ env: { CI: ci } });
    expect(screen.flag('alternate_on')).toBe('1');
    if (end === 'SIGTERM') screen.signal(end);
    else screen.press(end);
    const after = await screen.until(/^code \d+[\s\S]*\biexten\b/m);
    expect(after).toMatch(/^before$/m);
    expect(after).toMatch(new RegExp(`^code ${code}$`, 'm'));
    expect(after).toMatch(/ icanon /);
    expect(after).toMatch(/ echo /);
    expect(after).not.toContain('▸');
    expect([screen.flag('alternate_on'), screen.flag('cursor_flag')]).toEqual(['0', '1']);
  });
});

test('a resize is followed', async () => {
  const screen = await opened();
  screen.press('Enter');
  await screen.until(/^cluster nodes › node1 /);
  screen.resize(200, 50);
  // The place before has a pane of its own where there is room.
  await screen.until(/│ ▸ node1 .*│ ▸ ip mangle[\s\S]*^└─+┘└─+┘\n.*q quit$/m);
  await screen.until(/^(.*\n){49}.*q quit$/);
  screen.resize(60, 20);
  await screen.until(/^│ ▸ ip mangle .* │$[\s\S]*^└─{58}┘\n.*q quit$/m);
  await screen.until(/^(.*\n){19}.*q quit$/);
  screen.resize(20, 5);
  await screen.until(/^too small/);
});

describe('without a screen', () => {
  test.each([{ TERM: 'dumb' }])('help is printed: %j', async env => {
    terminal = new Terminal([program.file, '--from', 'demo'], { env, columns: 120, rows: 100 });
    expect(await terminal.until(/^code 0/m)).toContain('Usage:');
  });
});

test('a build without its screen says so', async () => {
  const alone = mkdtempSync(join(tmpdir(), 'netinspect-alone-'));
  try {
    cpSync(dirname(program.file), alone, { recursive: true, filter: path => !path.endsWith('screen.cjs') });
    const file = join(alone, 'kubectl-netinspect.cjs');
    terminal = new Terminal([file, '--from', 'demo'], { columns: 120 });
    expect(await terminal.until(/^code 2/m)).toContain('error: the file with the screen, screen.cjs, is not beside');
  } finally {
    rmSync(alone, { recursive: true });
  }
});

describe('looks as recorded (test/terminal/record.ts)', () => {
  const cases = looks.flatMap(look => sizes.map(size => ({ look, size, name: nameOf(look, size) })));
  test.each(cases)(
    '$name',
    async ({ look, size, name }: { look: Look; size: (typeof sizes)[number]; name: string }) => {
      const screen = await opened(size);
      screen.press(look.keys);
      await screen.until(look.there);
      const recorded = readFileSync(new URL(`fixtures/${name}.txt`, import.meta.url), 'utf8');
      expect(`${await screen.untilSame(recorded)}\n`).toBe(recorded);
    },
  );
});
