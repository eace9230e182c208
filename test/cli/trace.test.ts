import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { buildProgram, type Program } from './program.ts';
import { schemaErrors } from './published.ts';
import { traceCases, traceWords, withoutFolders } from './trace-cases.ts';

let program: Program;
let folder: string;
/** Dumps of a real node: kube-proxy in iptables mode. */
let rules: string;

beforeAll(() => {
  program = buildProgram();
  folder = mkdtempSync(join(tmpdir(), 'netinspect-trace-'));
  program.netinspect(['snapshot', folder, '--from', 'demo']);
  rules = join(folder, 'nodes/node1/iptables-save.nft');
}, 60_000);

afterAll(() => {
  program.remove();
  rmSync(folder, { recursive: true });
});

describe('text and pictures', () => {
  test.each(traceCases)('%s', (name, words) => {
    const { stdout, stderr } = program.netinspect(traceWords(words, folder));
    const expected = readFileSync(new URL(`fixtures/trace/${name}`, import.meta.url), 'utf8');
    expect({ stderr, text: withoutFolders(stdout, folder) }).toEqual({ stderr: '', text: expected });
  });

  test('fits the width of the terminal', () => {
    const { stdout } = program.netinspect(['trace', 'shop/web-0', 'svc/shop/web', '--from', 'demo'], { COLUMNS: '60' });
    expect(stdout.split('\n').filter(line => line.length > 60)).toEqual([]);
  });
});

describe('documents', () => {
  const words = ['trace', 'shop/web-0', 'svc/shop/web', '--reply', '--from', 'demo'];

  test.each([[words], [[...words, '--evidence']], [['trace', 'internet', 'node/node2:30080', '--from', 'demo']]])(
    'JSON of %j keeps to its schema',
    args => {
      const { stdout } = program.netinspect([...args, '-o', 'json']);
      const document = JSON.parse(stdout);
      expect([document.kind, schemaErrors(document)]).toEqual(['TraceReport', null]);
    },
  );

  test('YAML says the same as JSON', () => {
    const [json, yaml] = ['json', 'yaml'].map(output => program.netinspect([...words, '-o', output]).stdout);
    expect(parse(yaml ?? '')).toEqual(JSON.parse(json ?? ''));
  });

  test('raw rules are there only with --evidence', () => {
    const without = program.netinspect([...words, '-o', 'json']).stdout;
    const evidence = program.netinspect([...words, '-o', 'json', '--evidence']).stdout;
    expect([without.includes('"raw"'), evidence.includes('"raw"')]).toEqual([false, true]);
  });
});

describe('exit codes', () => {
  test.each([
    [0, 'accepted on every way', ['shop/client-node1', '10.96.229.46:80', '--from', 'demo']],
    [1, 'rejected', ['shop/client-node1', '10.96.51.139:80', '--from', 'demo']],
    [1, 'dropped in part', ['shop/client-node2', '10.96.229.46:80', '--from', 'demo']],
    [1, 'not known in part', ['10.0.0.1', '10.0.1.1:80', '--rules', './string.save']],
  ])('%d: %s', (status, _, words) => {
    expect(program.netinspect(traceWords(words, folder)).status).toBe(status);
  });
});

describe('wrong usage', () => {
  test.each([
    [[], 'error: a source and a destination are needed\n'],
    [['web-0'], 'error: a source and a destination are needed\n'],
    [['web-0', 'svc/web', '--packets', 'x'], 'error: --packets needs --rules\n'],
    [['web-0', 'svc/web', '--local', '10.0.0.1'], 'error: --local needs --rules\n'],
    [['10.0.0.1', '10.0.0.2:80', '--rules', '%', '--from', 'demo'], 'error: --from has no meaning with --rules\n'],
    [['10.0.0.1', '10.0.0.2:80', '--rules', '%', '--all-nodes'], 'error: --all-nodes has no meaning with --rules\n'],
    [['--rules', '%'], 'error: a source and a destination are needed\n'],
    [['10.0.0.1', '--rules', '%', '--packets', '-'], 'error: "10.0.0.1" has no meaning with --packets\n'],
    [['--rules', '%', '--packets', '-', '--mark', '1'], 'error: --mark has no meaning with --packets\n'],
    [['--rules', '%', '--packets', '-', '-o', 'yaml'], 'error: --packets has no output yaml\n'],
    [['--rules', '-', '--packets', '-'], 'error: --packets and --rules both read stdin\n'],
    [['--rules', '/nonexistent', '10.0.0.1', '10.0.0.2:80'], 'error: /nonexistent does not exist\n'],
    [['--rules', '%', '--packets', '/nonexistent'], 'error: /nonexistent cannot be read: ENOENT'],
    [['--rules', '%', '--local', 'here', '10.0.0.1', '10.0.0.2:80'], 'error: '],
    [['web-0', '10.0.0.2:80', '--rules', '%'], 'error: pod web-0 means nothing in rule files\n'],
    [['10.0.0.1', '10.0.0.2:http', '--rules', '%'], 'error: port http means nothing in rule files\n'],
    [['10.0.0.1', 'fd00::1', '--rules', '%'], 'error: source is IPv4 and destination is IPv6\n'],
    [['10.0.0.1', '10.0.0.2/tcp', '--rules', '%'], 'error: tcp needs a port\nnext: write it like 10.0.0.2:80/tcp\n'],
    [['10.0.0.1', '10.0.0.2:80/tcp', '--protocol', 'udp', '--rules', '%'], 'and --protocol udp name two protocols\n'],
    [['10.0.0.1', '10.0.0.2:80', '--source-port', 'x', '--rules', '%'], 'error: --source-port is "x"\n'],
    [['10.0.0.1', '10.0.0.2:80', '--mark', '1/1', '--rules', '%'], 'error: mark is "1/1", not a number of 32 bits'],
    [['10.0.0.1', '10.0.0.2:80', '--ct-state', 'open', '--rules', '%'], 'error: --ct-state is "open"\n'],
    [
      ['shop/web-0', 'svc/shop/web:81', '--from', 'demo'],
      'error: service shop/web has no port 81\nnext: it has: http 80/TCP\n',
    ],
    [['internet', 'svc/web', '--keep', '1m', '--from', 'demo'], 'error: --keep has no meaning with --from\n'],
  ])('%j', (words, text) => {
    const { status, stdout, stderr } = program.netinspect(['trace', ...words.map(word => word.replace('%', rules))]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(text);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

const web = { source: '10.244.1.5', destination: '10.96.229.46', protocol: 'tcp', port: 80 };

/** Answers to lines, in a file. */
function answers(lines: readonly string[], ...more: string[]) {
  const file = join(folder, 'packets.jsonl');
  writeFileSync(file, lines.join('\n'));
  const { status, stdout, stderr } = program.netinspect([
    'trace',
    '--rules',
    rules,
    '--packets',
    file,
    '-o',
    'json',
    ...more,
  ]);
  return {
    status,
    stderr,
    lines: stdout
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line)),
  };
}

describe('--packets', () => {
  test('gives an answer a line, in order, for what can be read and what cannot', () => {
    const { status, stderr, lines } = answers([
      JSON.stringify(web),
      'no JSON',
      '',
      JSON.stringify({ ...web, destination: '10.96.51.139', protocol: 'TCP' }),
      JSON.stringify({ ...web, port: 70_000 }),
      `{"source": "${'1'.repeat(100_000)}"}`,
      JSON.stringify({ ...web, destination: '10.244.1.2', ctState: null }),
    ]);
    expect({ status, stderr }).toEqual({ status: 4, stderr: '' });
    expect(lines).toMatchObject([
      {
        packet: web,
        outcomes: [
          {
            probability: '1/3',
            share: 1 / 3,
            verdict: 'accept',
            dnat: true,
            to: '10.244.1.2:8080',
            snat: null,
            rejectWith: null,
          },
          { probability: '1/3', to: '10.244.2.2:8080' },
          { probability: '1/3', to: '10.244.3.2:8080' },
        ],
      },
      { packet: 'no JSON', error: expect.stringContaining('not valid JSON') },
      {
        packet: { destination: '10.96.51.139', protocol: 'TCP' },
        outcomes: [{ probability: '1', verdict: 'reject', dnat: false, rejectWith: 'icmp-port-unreachable' }],
      },
      { packet: { ...web, port: 70_000 }, error: 'port is 70000, not a whole number from 0 to 65535' },
      { packet: `{"source": "${'1'.repeat(188)}`, error: 'the line is longer than 65536 characters' },
      { packet: { destination: '10.244.1.2' }, outcomes: [{ verdict: 'accept', dnat: false, to: '10.244.1.2:80' }] },
    ]);
    for (const line of lines) expect(schemaErrors(line, 'PacketTrace')).toBeNull();
  });

  test('exit code 0 when every line was answered, though packets were rejected', () => {
    expect(answers([JSON.stringify({ ...web, destination: '10.96.51.139' })]).status).toBe(0);
  });

  test('names the evidence of each step: file, line, and the rule with --evidence', () => {
    const [line] = answers([JSON.stringify(web)], '--evidence').lines;
    const steps: { file: string; line: number; raw: string }[] = line.outcomes[0].steps.filter(
      (step: { line: unknown }) => step.line,
    );
    const text = readFileSync(rules, 'utf8').split('\n');
    expect(steps.map(({ raw }) => raw)).toEqual(steps.map(({ line: number }) => text[number - 1]));
    expect(new Set(steps.map(({ file }) => file))).toEqual(new Set([rules]));
  });

  test('an address of the host is local to its rules', () => {
    const packet = JSON.stringify({ ...web, source: '172.30.0.9', destination: '172.31.99.11', port: 30080 });
    const elsewhere = answers([packet]).lines[0].outcomes;
    const local = answers([packet], '--local', '172.31.99.11,fd99::11').lines[0].outcomes;
    expect([elsewhere.length, local.length]).toEqual([1, 3]);
    expect(elsewhere[0].assumed).toContain('no local address but loopback');
  });

  test('as text, a line an outcome', () => {
    const file = join(folder, 'packets.jsonl');
    writeFileSync(file, `${JSON.stringify(web)}\nno JSON\n`);
    const { stdout } = program.netinspect(['trace', '--rules', rules, '--packets', file]);
    expect(stdout).toBe(
      [
        '10.244.1.5 → 10.96.229.46:80/tcp  1/3 accept · DNAT to 10.244.1.2:8080',
        '10.244.1.5 → 10.96.229.46:80/tcp  1/3 accept · DNAT to 10.244.2.2:8080',
        '10.244.1.5 → 10.96.229.46:80/tcp  1/3 accept · DNAT to 10.244.3.2:8080',
        `no JSON  ✗ not valid JSON: Unexpected token 'o', "no JSON" is not valid JSON`,
        '',
      ].join('\n'),
    );
  });

  test('answers each line of stdin before it ends', async () => {
    const child = spawn(process.execPath, [program.file, 'trace', '--rules', rules, '--packets', '-', '-o', 'json']);
    const seen: string[] = [];
    const ended = new Promise(resolve => child.on('close', resolve));
    child.stdout.setEncoding('utf8');
    let rest = '';
    child.stdout.on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      seen.push(...parts);
      if (seen.length < 3) child.stdin.write(`${JSON.stringify({ ...web, sourcePort: seen.length })}\n`);
      else child.stdin.end();
    });
    child.stdin.write(`${JSON.stringify({ ...web, sourcePort: 0 })}\n`);
    expect(await ended).toBe(0);
    expect(seen.map(line => JSON.parse(line).packet.sourcePort)).toEqual([0, 1, 2]);
  });

  test('a rule file that is cut off is said, with exit code 4', () => {
    const cut = join(folder, 'cut.save');
    writeFileSync(cut, readFileSync(rules, 'utf8').slice(0, 9_000));
    const file = join(folder, 'packets.jsonl');
    writeFileSync(file, JSON.stringify(web));
    const { status, stderr } = program.netinspect(['trace', '--rules', cut, '--packets', file, '-o', 'json']);
    expect(status).toBe(4);
    expect(stderr).toContain('warning: ');
    expect(stderr).toContain('cut off');
  });
});
