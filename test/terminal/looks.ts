/** A screen that is kept as a text: the keys that lead there, and what it shows when it is there. */
export interface Look {
  name: string;
  keys: string;
  there: RegExp;
}

export const sizes = [
  { columns: 80, rows: 24 },
  { columns: 160, rows: 50 },
] as const;

export const looks: readonly Look[] = [
  { name: 'cluster', keys: '', there: /▸ node1/ },
  { name: 'pod', keys: 'Tab / "shop/web-0" Enter Enter', there: /› pod shop\/web-0 .*[\s\S]*MTU 1450/ },
  { name: 'service', keys: 'Tab Tab / "shop/web" Enter Enter', there: /› service shop\/web .*[\s\S]*▸ node1/ },
  {
    name: 'chain',
    keys: 'Enter / "ip nat" Enter Enter / "KUBE-SERVICES" Enter Enter "r"',
    there: /› KUBE-SERVICES +demo[\s\S]*^╎ .*-A KUBE-SERVICES/m,
  },
  {
    name: 'tree',
    keys: 'Enter "gPREROUTING" Enter Enter / "shop/web:http" Enter Enter',
    there: /› KUBE-SVC-\w+ +demo[\s\S]*33\.3 %/,
  },
  {
    name: 'trace',
    keys: '":shop/web-0" Enter t Enter "svc/shop/web" Enter',
    there: /› trace pod\/shop\/web-0 → svc\/shop\/web .*[\s\S]*├ 1\/3/,
  },
  { name: 'find', keys: '":10.244.1"', there: /^:10\.244\.1▏ {2}\d+ of/m },
  { name: 'help', keys: '?', there: /│ ▸ enter/ },
];

export function nameOf({ name }: Look, { columns, rows }: (typeof sizes)[number]): string {
  return `${name}-${columns}x${rows}`;
}
