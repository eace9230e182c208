import type { ResolvRecord } from '../parse/resolv-conf.ts';
import type { DnsConfig } from './report.ts';
import { cite, type Section } from './section.ts';

/**
 * The resolver's configuration as resolv.conf(5) has it: the last of `search` and `domain` wins, ndots is 1 unless an
 * option says otherwise. null when the file was not read.
 */
export function dnsConfig(section: Section<ResolvRecord>): DnsConfig | null {
  if (section.state === 'absent') return null;
  const options = values(section, 'options');
  const ndots = options.findLast(option => /^ndots:\d+$/.test(option));
  const search = section.records.findLast(({ keyword }) => keyword === 'search' || keyword === 'domain');
  return {
    nameservers: section.records.flatMap(({ keyword, values }) => (keyword === 'nameserver' ? values.slice(0, 1) : [])),
    search: search === undefined ? [] : search.keyword === 'domain' ? search.values.slice(0, 1) : search.values,
    ndots: ndots === undefined ? 1 : Number(ndots.slice('ndots:'.length)),
    options,
    evidence: cite(section, ...section.records),
  };
}

function values(section: Section<ResolvRecord>, keyword: ResolvRecord['keyword']): string[] {
  return section.records.flatMap(record => (record.keyword === keyword ? record.values : []));
}
