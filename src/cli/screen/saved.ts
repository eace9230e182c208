import type { Opened } from '../../app/open.ts';
import type { Port } from '../../tui/store.ts';

/** What the screen loads its places from: one saved snapshot, read once. */
export async function savedPort(source: Opened): Promise<Port> {
  const [snapshot, { isCollected }, { documentFrom, notLookedAt }] = await Promise.all([
    source.collect({ pods: [], nodes: [] }),
    import('../../app/screen.ts'),
    import('./documents.ts'),
  ]);
  return {
    live: false,
    async load(home) {
      if (home.kind === 'node' && !isCollected(snapshot, home.node)) throw notLookedAt(home.node);
      return { document: await documentFrom(snapshot, home, source), at: null };
    },
  };
}
