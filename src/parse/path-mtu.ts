/** What the search for a path's MTU found. */
export interface PathMtuFound {
  /** The largest packet that was answered, in bytes of IP; null: none was. */
  bytes: number | null;
  /** The interface that packets leave by, and its MTU. */
  interface: string | null;
  interfaceMtu: number | null;
  /** True when something larger was lost without a word: a black hole to TCP. */
  isSilent: boolean;
  /** Who said that it is too large, and its MTU; null when nobody did. */
  saidBy: { address: string; mtu: number } | null;
}

/** Reads the search's lines: "device NAME MTU", then "try BYTES EXIT-CODE WHAT-PING-SAID" (iputils). */
export function parsePathMtu(text: string): PathMtuFound {
  const [, device = null, mtu] = /^device (\S+) (\d+)$/m.exec(text) ?? [];
  const tries = [...text.matchAll(/^try (\d+) (\d+) (.*)$/gm)].map(([, bytes, code, said = '']) => ({
    bytes: Number(bytes),
    isAnswered: code === '0',
    said,
  }));
  const answered = tries.filter(({ isAnswered }) => isAnswered).map(({ bytes }) => bytes);
  const bytes = answered.length === 0 ? null : Math.max(...answered);
  const larger = tries.filter(each => !each.isAnswered && bytes !== null && each.bytes > bytes);
  const told = larger
    .map(({ said }) => /From (\S+) .*(?:Frag needed and DF set|Packet too big).*?mtu ?= ?(\d+)/.exec(said))
    .find(match => match !== null);
  const isTold = ({ said }: { said: string }) => /too long|too large|Frag needed|Packet too big/.test(said);
  return {
    bytes,
    interface: device,
    interfaceMtu: mtu === undefined ? null : Number(mtu),
    isSilent: larger.length > 0 && !larger.some(isTold),
    saidBy: told?.[1] === undefined ? null : { address: told[1].replace(/[:,]$/, ''), mtu: Number(told[2]) },
  };
}
