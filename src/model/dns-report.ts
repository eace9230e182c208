import type { DnsConfig, Evidence, Gap, Note } from './report.ts';

/** What `dns POD [NAME]` gives: what the pod's resolver asks, and what each server says. */
export interface DnsReport {
  apiVersion: 'netinspect/v1';
  kind: 'DnsReport';
  /** RFC 3339: when it was asked. */
  time: string;
  pod: { namespace: string; name: string; node: string | null };
  /** The pod's resolv.conf; null when it was not read. */
  config: DnsConfig | null;
  /** The pod's own hosts file, whose names no server is asked for; null when it was not read. */
  hosts: { address: string; names: string[] }[] | null;
  lookups: DnsLookup[];
  notes: Note[];
  gaps: Gap[];
}

/** One name as a program of the pod would look it up. */
export interface DnsLookup {
  name: string;
  /** `no-data`: the name exists without an address; `no-reply`: no server answered. */
  outcome: 'answered' | 'hosts' | 'no-such-name' | 'no-data' | 'failed' | 'no-reply';
  /** The name that answered, with its addresses (of the hosts file, or IPv4 and IPv6 of DNS); null: none did. */
  answer: { name: string; addresses: string[] } | null;
  /** What a resolver asks before it has an answer or gives up, in order: search and ndots of resolv.conf(5). */
  tried: DnsTry[];
  /** How long these take, one after the other (A and AAAA at once). Milliseconds; a server that is silent counts 5 s each. */
  milliseconds: number;
  /** Queries that brought no answer. */
  wasted: number;
  /** The deciding name, asked of each server directly. */
  direct: DnsDirect[];
}

/** One step of a resolver: a name, asked of one server. */
export interface DnsTry {
  name: string;
  server: string;
  /** Of the types A and AAAA. */
  replies: DnsReply[];
}

export interface DnsDirect {
  server: string;
  /** NAMESPACE/NAME of the pod or service that has the server's address; null when nobody is known to. */
  serverName: string | null;
  role: 'configured' | 'dns-pod' | 'node-cache';
  transport: 'udp' | 'tcp';
  reply: DnsReply;
}

export interface DnsReply {
  type: string;
  /** NOERROR, NXDOMAIN, SERVFAIL, …; null: no reply, for the reason of `problem`. */
  status: string | null;
  problem: string | null;
  answers: { name: string; ttl: number; type: string; data: string }[];
  /** The reply did not fit: a resolver asks again over TCP. */
  truncated: boolean;
  milliseconds: number | null;
  /** Bytes of the reply. */
  size: number | null;
  evidence?: Evidence[];
}
