import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type ModuleItem, parseSync } from '@swc/core';

const source = resolve('src');

/** The house: which room may import which (ARCHITECTURE.md). A room may always import itself and errors.ts. */
const allowed: Record<string, string[]> = {
  parse: [],
  model: ['parse'],
  analyse: ['parse', 'model'],
  collect: ['parse'],
  render: ['model', 'analyse'],
  tui: ['model', 'analyse', 'render'],
  app: ['collect', 'parse', 'model', 'analyse'],
  cli: ['app', 'render', 'tui'],
  'main.ts': ['cli'],
  'errors.ts': [],
};

/** What a room may import as types only: the command line fills in the edges' options and prints the model's reports. */
const allowedTypes: Record<string, string[]> = { cli: ['collect', 'parse', 'model'] };

/** The packages that only one file may import. */
const edges: Record<string, string> = {
  execa: 'collect/kubectl.ts',
  '@kubernetes/client-node': 'collect/cluster.ts',
};

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

function importsOf(file: string): { specifier: string; typeOnly: boolean }[] {
  const text = readFileSync(file, 'utf8');
  const found = parseSync(text, { syntax: 'typescript', tsx: file.endsWith('x') }).body.flatMap((item: ModuleItem) => {
    if (item.type === 'ImportDeclaration') return [{ specifier: item.source.value, typeOnly: item.typeOnly }];
    if (item.type === 'ExportAllDeclaration') return [{ specifier: item.source.value, typeOnly: false }];
    if (item.type === 'ExportNamedDeclaration' && item.source) {
      return [{ specifier: item.source.value, typeOnly: item.typeOnly }];
    }
    return [];
  });
  const lazy = [...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)].map(match => ({
    specifier: match[1] ?? '',
    typeOnly: false,
  }));
  return [...found, ...lazy];
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter(file => /\.tsx?$/.test(file))
  .map(file => file.split(sep).join('/'))
  .sort();

const local: Import[] = [];
const packages: Import[] = [];
for (const from of files) {
  for (const { specifier, typeOnly } of importsOf(join(source, from))) {
    if (specifier.startsWith('.')) {
      const to = relative(source, resolve(dirname(join(source, from)), specifier));
      local.push({ from, to: to.split(sep).join('/'), typeOnly });
    } else {
      packages.push({ from, to: specifier, typeOnly });
    }
  }
}

const room = (file: string): string => file.split('/')[0] ?? file;

/** A cycle of imports among the files, or undefined. */
function findCycle(): string[] | undefined {
  const edgesOf = new Map<string, string[]>();
  for (const { from, to } of local) edgesOf.set(from, [...(edgesOf.get(from) ?? []), to]);
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] | undefined => {
    const seen = path.indexOf(file);
    if (seen >= 0) return [...path.slice(seen), file];
    if (done.has(file)) return undefined;
    for (const next of edgesOf.get(file) ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of files) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}

describe('the house', () => {
  test('every file stands in a known room', () => {
    expect(files.filter(file => !(room(file) in allowed))).toEqual([]);
  });

  test('imports go one way', () => {
    const may = ({ from, to, typeOnly }: Import): boolean =>
      room(from) === room(to) ||
      to === 'errors.ts' ||
      to === '../package.json' ||
      (allowed[room(from)] ?? []).includes(room(to)) ||
      (typeOnly && (allowedTypes[room(from)] ?? []).includes(room(to)));
    expect(local.filter(edge => !may(edge))).toEqual([]);
  });

  test('imports make no cycle', () => {
    expect(findCycle()).toBeUndefined();
  });

  test.each(Object.entries(edges))('%s is imported by %s only', (name, only) => {
    expect(packages.filter(({ from, to, typeOnly }) => to === name && from !== only && !typeOnly)).toEqual([]);
  });

  test('only main.ts ends the process', () => {
    const others = files.filter(file => file !== 'main.ts');
    expect(others.filter(file => /process\.exit\(/.test(readFileSync(join(source, file), 'utf8')))).toEqual([]);
  });

  test('there is no file or folder for left-overs (utils, helpers, misc, common)', () => {
    const all = [...files, ...readdirSync('test', { recursive: true, encoding: 'utf8' })];
    expect(all.filter(file => /(^|[/\\])(utils?|helpers?|misc|common)([./\\]|$)/i.test(file))).toEqual([]);
  });
});
