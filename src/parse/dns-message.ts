const types: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  64: 'SVCB',
  65: 'HTTPS',
  255: 'ANY',
};

const codes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/** What a DNS message (RFC 1035) asks or answers: `A? web.shop.svc.`, `NXDOMAIN A web.`; empty for what is none. */
export function dnsWords(data: Buffer): string {
  if (data.length < 17) return '';
  const flags = data.readUInt16BE(2);
  if (data.readUInt16BE(4) !== 1 || (flags & 0x7800) !== 0) return '';
  const labels: string[] = [];
  let at = 12;
  for (let size = data.readUInt8(at); size > 0; size = data.readUInt8(at)) {
    if (size > 63 || at + 1 + size + 5 > data.length) return '';
    labels.push(data.toString('latin1', at + 1, at + 1 + size));
    at += 1 + size;
  }
  const type = data.readUInt16BE(at + 1);
  const question = `${types[type] ?? `TYPE${type}`}`;
  const name = `${labels.join('.')}.`;
  if ((flags & 0x8000) === 0) return `${question}? ${name}`;
  const code = codes[flags & 15] ?? `rcode ${flags & 15}`;
  const cut = (flags & 0x200) === 0 ? '' : ', truncated';
  const answers = data.readUInt16BE(6);
  return `${code} ${question} ${name} (${answers} answer${answers === 1 ? '' : 's'}${cut})`;
}
