import type {
  ChainDetail,
  ChainMeaning,
  ChainSummary,
  ChainsReport,
  RuleDetail,
  RuleSummary,
  RuleTable,
  VirtualServerView,
} from '../model/chains-report.ts';
import { type CellLike, cell, hanging, type Layout, paint } from './layout.ts';
import { gapLines, noteLines, nothing, section } from './sections.ts';
import { targetWords } from './service-tree.ts';
import { type Row, table } from './table.ts';
import { visibleReport } from './visible-report.ts';
import { count, endpoint, list } from './words.ts';

/** Chains as text for a terminal; every name in it is made safe to print first. */
export function chainsText(original: ChainsReport, layout: Layout): string {
  const report = visibleReport(original);
  const of = report.node === null ? 'Rules' : `Rules of ${report.node}`;
  const head = report.summary === null ? of : `${of}: ${summaryWords(report.summary)}`;
  const lines = [
    ...hanging('', cell(head, 'title'), layout),
    ...section('Notes', noteLines(report.notes, layout), layout),
    ...(report.chains === null
      ? report.tables.flatMap(each => tableLines(each, layout))
      : report.chains.flatMap(chain => chainLines(chain, layout))),
    ...section('IPVS', serverTable(report.virtualServers ?? [], layout), layout),
    ...section('Not known', gapLines(report.gaps, layout), layout),
  ];
  return `${lines.join('\n')}\n`;
}

function summaryWords({ rules, opaque, unread }: RuleSummary): string {
  const doubts = [
    opaque === 0 ? '' : `, ${opaque} with parts that are not modelled`,
    unread === 0 ? '' : `, ${count(unread, 'line')} not understood`,
  ];
  return `${count(rules, 'rule')}${doubts.join('')}`;
}

function tableLines({ backend, family, name, guessed, dormant, chains, sets }: RuleTable, layout: Layout): string[] {
  const doubts = [dormant ? 'dormant: not in use' : '', guessed === null ? '' : `guessed: ${guessed}`].filter(
    text => text !== '',
  );
  const rows = chains.map(
    (chain): Row => ({
      cells: [
        cell(chain.name, 'name'),
        hookWords(chain),
        chain.hook === null ? '' : String(chain.hook.priority),
        chain.hook?.policy ?? '',
        String(chain.ruleCount),
        meaningWords(chain.meaning),
      ],
    }),
  );
  const setRows = sets.map(
    (set): Row => ({
      cells: [
        cell(`@${set.name}`, 'name'),
        set.type,
        set.elements === null ? '?' : String(set.elements),
        set.dynamic ? 'dynamic' : '',
      ],
    }),
  );
  return [
    '',
    paint([`${family} ${name} · ${backend}`, ...doubts].join(' · '), 'title', layout),
    ...(rows.length === 0
      ? nothing('no chains', layout)
      : table(['CHAIN', 'HOOK', 'PRIORITY', 'POLICY', 'RULES', 'FOR'], rows, layout)),
    ...table(['SET', 'TYPE', 'ELEMENTS', 'FLAGS'], setRows, layout),
  ];
}

/** The hook of a base chain: `prerouting (nat)`. */
export function hookWords({ hook }: ChainSummary): string {
  return hook === null ? '' : `${hook.name} (${hook.type})`;
}

/** What a chain is for: `default/web:http`, an endpoint of it, … */
export function meaningWords(meaning: ChainMeaning | null): string {
  if (meaning === null) return '';
  const { role, service, endpoint: target } = meaning;
  const words: Record<ChainMeaning['role'], string> = {
    service,
    external: `${service}, from outside`,
    local: `${service}, endpoints here`,
    firewall: `${service}, source ranges`,
    endpoint: `${service}${target === null ? '' : ` → ${targetWords(target)}`}`,
  };
  return words[role];
}

function chainLines(chain: ChainDetail, layout: Layout): string[] {
  const { family, table: name, backend, hook, meaning, callers, maps, rules } = chain;
  const about = [
    `${family}/${name}/${chain.name}`,
    backend,
    hook === null ? '' : `${hookWords(chain)} at ${hook.priority}, policy ${hook.policy}`,
    meaningWords(meaning),
  ].filter(text => text !== '');
  return [
    '',
    ...hanging('', cell(about.join(' · '), 'title'), layout),
    ...(callers.length > 0 || hook !== null
      ? callers.flatMap(({ chain: from, map, number, when }) =>
          hanging(
            ['  ', cell('from', 'label'), ' '],
            [from === null ? `@${map}` : `${from} ${number}`, ...when].join(', '),
            layout,
          ),
        )
      : nothing('no rule leads here', layout)),
    ...(rules.length === 0
      ? nothing('no rules', layout)
      : table(
          ['#', 'PACKETS', 'MATCH', 'EFFECT', 'COMMENT'],
          rules.map(rule => ruleRow(rule, chain)),
          layout,
        )),
    ...maps.flatMap(map => mapLines(map, layout)),
  ];
}

function ruleRow(rule: RuleDetail, { file }: ChainDetail): Row {
  const effect = effectText(rule);
  const { line, handle } = rule;
  const place = line !== null ? `line ${line}` : handle !== null ? `handle ${handle}` : '';
  const words: CellLike = rule.opaque ? cell(effect, 'doubt') : effect;
  return {
    cells: [
      String(rule.number),
      rule.counters?.packets ?? '',
      list(rule.when),
      words,
      // What kube-proxy writes there is the name that was found.
      rule.targets.some(({ meaning }) => meaning !== null) ? '' : (rule.comment ?? ''),
    ],
    evidence:
      rule.raw === undefined ? undefined : [{ section: `${file} ${place}`.trimEnd(), command: null, raw: rule.raw }],
  };
}

/** What a rule does, with what the chains that it leads to are for. */
export function effectText({ effects, targets }: RuleDetail): string {
  const leads = targets.flatMap(({ meaning }) => (meaning === null ? [] : [leadWords(meaning)]));
  return [...effects, ...(leads.length === 0 ? [] : [`(${list(leads)})`])].join(' ');
}

/** Of an endpoint its address alone: that it is the service's is said already. */
function leadWords(meaning: ChainMeaning): string {
  return meaning.role === 'endpoint' && meaning.endpoint !== null
    ? targetWords(meaning.endpoint)
    : meaningWords(meaning);
}

function mapLines({ name, elements }: ChainDetail['maps'][number], layout: Layout): string[] {
  if (elements === null) return hanging('  ', cell(`? @${name}: what is in it is not known`, 'doubt'), layout);
  if (elements.length === 0) return nothing(`@${name} is empty`, layout);
  return table(
    [`@${name}`, 'EFFECT'],
    elements.map(({ key, effect }): Row => ({ cells: [key, effect] })),
    layout,
  );
}

function serverTable(servers: readonly VirtualServerView[], layout: Layout): string[] {
  const rows = servers.map(
    ({ protocol, name, scheduler, persistence, realServers }): Row => ({
      cells: [
        cell(protocol === null ? name : `${name}/${protocol.toUpperCase()}`, 'name'),
        scheduler ?? '?',
        persistence === null ? '' : String(persistence),
        list(
          realServers.map(real => `${endpoint(real.address, real.port)} weight ${real.weight ?? '?'}`),
          'none',
        ),
      ],
    }),
  );
  return table(['VIRTUAL SERVER', 'SCHEDULER', 'PERSISTENCE', 'REAL SERVERS'], rows, layout);
}
