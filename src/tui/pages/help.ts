import { cell, type Layout } from '../../render/layout.ts';
import { bindings, keyName } from '../keys.ts';
import { listPage, type Page } from '../page.ts';

/** Every key and what it does. */
export function helpPage(layout: Layout): Page {
  return listPage(
    'keys',
    ['KEYS', ''],
    bindings.map(({ keys, help }) => ({ cells: [cell(keys.map(keyName).join(' '), 'name'), help], to: null })),
    layout,
  );
}
