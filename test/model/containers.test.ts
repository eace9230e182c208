import { describe, expect, test } from '@jest/globals';
import { containersOf } from '../../src/model/containers.ts';
import { parsePods } from '../../src/parse/kubernetes/pods.ts';
import { type ProcessRecord, parsePids } from '../../src/parse/pids.ts';
import { section } from '../app/fixture.ts';
import { whole } from './fixture.ts';

const pods = whole(parsePods(section('cluster/pods.json')).records);
const pod = pods.records.find(({ name }) => name === 'cold') as (typeof pods.records)[number];
const processes = parsePids(section('nodes/node2/pods/shop_cold/pids.json')).records;
const [pause, web] = ['pause', 'web'].map(
  command => processes.find(process => process.command === command) as ProcessRecord,
) as [ProcessRecord, ProcessRecord];
const stranger: ProcessRecord = { ...web, pid: 99, command: 'x', containerId: 'f'.repeat(64) };

describe('whose processes', () => {
  test.each<[string, ProcessRecord[], [string, number[]][], string[]]>([
    [
      'the sandbox by its process',
      [pause, web],
      [
        ['web', [web.pid]],
        ['sandbox', [pause.pid]],
      ],
      [],
    ],
    [
      'the only one left over is the sandbox, whatever its name',
      [{ ...pause, command: 'x' }, web],
      [
        ['web', [web.pid]],
        ['sandbox', [pause.pid]],
      ],
      [],
    ],
    ['CRI-O without an infra container', [web], [['web', [web.pid]]], []],
    [
      'one left over while a running container has no process: not known',
      [stranger],
      [['web', []]],
      ['unknown-container'],
    ],
    [
      'one too many',
      [pause, web, stranger],
      [
        ['web', [web.pid]],
        ['sandbox', [pause.pid]],
      ],
      ['unknown-container'],
    ],
    ["a runtime's monitor is of no container", [web, { ...web, pid: 98, containerId: null }], [['web', [web.pid]]], []],
  ])('%s', (_, records, expected, codes) => {
    const { containers, notes } = containersOf(pod, pods, whole(records));
    expect(containers.map(({ name, pids }) => [name, pids])).toEqual(expected);
    expect(notes.map(({ code }) => code)).toEqual(codes);
  });

  test('processes that were not looked at are not none', () => {
    expect(containersOf(pod, pods, { ...whole([]), state: 'absent' }).containers).toMatchObject([
      { name: 'web', pids: null },
    ]);
  });
});
